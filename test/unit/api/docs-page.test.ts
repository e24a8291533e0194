/** The API page: its files, what may be kept of it, and how a browser shows it. */
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { findChromium, openPage } from '../../support/chromium.ts';
import { until } from '../../support/until.ts';
import { listen, type Server } from './upload-kit.ts';

const FOR_EVER = 'public, max-age=31536000, immutable';

let server: Server;
let base = '';
beforeAll(async () => {
  server = await listen();
  base = `http://127.0.0.1:${server.port}`;
});
afterAll(() => server.app.close());

/** Every address that a document names, as HTML and CSS do. */
function namedIn(text: string, address: string): string[] {
  const found = [...text.matchAll(/(?:href|src)="([^"]+)"|url\(["']?([^"')]+)["']?\)/g)];
  return found
    .map(([, attribute, inStyle]) => attribute ?? inStyle ?? '')
    .filter((name) => !name.startsWith('data:'))
    .map((name) => new URL(name, address).href);
}

/** The page's assets, and what those name in turn. */
async function crawl(): Promise<Map<string, Response>> {
  const found = new Map<string, Response>();
  const todo = namedIn(await (await fetch(`${base}/docs`)).text(), `${base}/docs`);
  for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
    if (found.has(next)) continue;
    const answer = await fetch(next);
    found.set(next, answer);
    if (answer.headers.get('content-type')?.startsWith('text/css') === true) {
      todo.push(...namedIn(await answer.text(), next));
    }
  }
  return found;
}

describe('the files of the page', () => {
  it('are all there, under names that change with their content, and may be kept for ever', async () => {
    const assets = await crawl();
    expect(assets.size).toBe(5);
    for (const [address, answer] of assets) {
      expect([address, answer.status, answer.headers.get('cache-control')]).toEqual([address, 200, FOR_EVER]);
      expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/static\/[\w-]+\.[0-9a-f]{16}\.(?:css|js|png)$/);
      expect(answer.headers.get('content-type')).toMatch(
        /^(?:text\/(?:css|javascript); charset=utf-8|image\/png)$/,
      );
      expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
      expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    }
  });

  it('are asked for anew where they are not there', async () => {
    const [known] = [...(await crawl()).keys()];
    const missing = [
      ...[`${base}/static/nothing.js`, `${base}/static/a/b.css`, `${base}/static/`, `${base}/static?x`],
      ...[
        `${known}x`,
        `${base}/static/swagger-ui-bundle.js`,
        `${base}/static//x.js`,
        `${base}/static/%2e%2e%2fx`,
      ],
    ];
    for (const address of missing) {
      const answer = await fetch(address);
      expect([address, answer.status, answer.headers.get('cache-control')]).toEqual([
        address,
        404,
        'no-store',
      ]);
      expect(await answer.json()).toEqual({ detail: 'Not Found' });
    }
    const refused = await fetch(String(known), { method: 'POST' });
    expect([refused.status, refused.headers.get('cache-control')]).toEqual([
      405,
      'no-cache, no-store, must-revalidate',
    ]);
  });
});

describe('the page', () => {
  it.each(['/docs', '/docs/', '/docs?x=1'])('%s may be kept for five minutes', async (path) => {
    const answer = await fetch(`${base}${path}`);
    expect(answer.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=300');
    expect(answer.headers.get('content-security-policy')).toMatch(/default-src 'self'.*object-src 'none'/);
    expect(answer.headers.get('x-frame-options')).toBe('DENY');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
    expect(answer.headers.has('strict-transport-security')).toBe(false);
  });

  it('may not be kept where it is refused', async () => {
    const guarded = await listen({ settings: { apiToken: 'secret' } });
    for (const path of ['/docs', '/static/x.js']) {
      const answer = await fetch(`http://127.0.0.1:${guarded.port}${path}`);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([
        401,
        'no-cache, no-store, must-revalidate',
      ]);
    }
    await guarded.app.close();
  });
});

/** A browser on a busy machine. */
const SLOW_MS = 30_000;
const chromium = findChromium();
const WHY = chromium === undefined ? ' (skipped: no Chromium on the PATH, none named by CHROMIUM)' : '';

describe.skipIf(chromium === undefined)(`the page in Chromium${WHY}`, { timeout: 60_000 }, () => {
  it('shows every operation, unfolds them, and lets one be tried, without a complaint', async () => {
    const page = await openPage(chromium ?? '', `${base}/docs`);
    onTestFinished(() => page.close());
    const document = server.app.swagger() as { paths: Record<string, object> };
    const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const shown = `[...document.querySelectorAll('.opblock')].map((block) =>
      block.querySelector('.opblock-summary-method').textContent + ' ' +
      block.querySelector('.opblock-summary-path').dataset.path).sort()`;
    await until(async () => ((await page.evaluate(shown)) as string[]).length === operations.length, {
      deadlineMs: SLOW_MS,
      describe: () => `all operations are shown; complaints: ${page.complaints.join('; ')}`,
    });
    expect(await page.evaluate(shown)).toEqual(operations.sort());
    const click = (selector: string) =>
      until(
        () =>
          page.evaluate(
            `[document.querySelector('${selector}')].some((found) => { found?.click(); return found; })`,
          ),
        { describe: `${selector} can be clicked`, deadlineMs: SLOW_MS },
      );
    // One with a form, one with a body of alternatives, one to try.
    for (const operation of ['files-upload', 'leases-acquire', 'health-health']) {
      await click(`#operations-${operation} .opblock-summary-control`);
      await until(
        () => page.evaluate(`!!document.querySelector('#operations-${operation} .responses-table')`),
        {
          describe: `${operation} is unfolded`,
          deadlineMs: SLOW_MS,
        },
      );
    }
    await click('#operations-health-health .try-out__btn');
    await click('#operations-health-health .execute');
    await until(
      () =>
        page.evaluate(`document.querySelector('#operations-health-health .live-responses-table .microlight')
        ?.textContent.includes('healthy')`),
      { describe: 'the answer is shown', deadlineMs: SLOW_MS },
    );
    expect(page.complaints).toEqual([]);
    const assets = [...(await crawl()).keys()];
    for (const address of assets) expect([address, page.answers.get(address)]).toEqual([address, 200]);
    expect([...page.answers.values()].every((status) => status === 200)).toBe(true);
  });
});
