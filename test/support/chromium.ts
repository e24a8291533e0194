import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startPart, type Part } from '../../dev/processes/part.ts';
import { openDevtools, type Devtools } from './devtools.ts';
import { adopt } from './parts.ts';
import { until } from './until.ts';

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/** Chromium, which Debian has in its package `chromium`: as `CHROMIUM` says, or on the PATH. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM'];
  if (named !== undefined && named !== '') return named;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) =>
    existsSync(path),
  );
}

/** A page in a browser that shows nothing, reaches nothing but loopback, and keeps nothing. */
export interface Page {
  /** The value of an expression in the page, as JSON. */
  evaluate(expression: string): Promise<unknown>;
  /** What the browser had to complain about so far: console errors, exceptions, violations of the policy. */
  readonly complaints: readonly string[];
  /** Every answer that the page got, by its URL. */
  readonly answers: ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** Starts the browser with one page that leads to `url`. */
export async function openPage(chromium: string, url: string): Promise<Page> {
  const home = mkdtempSync(join(tmpdir(), 'chromium-'));
  const part = adopt(await startBrowser(chromium, home));
  const endpoint = await until(() => /ws:\/\/\S+/.exec(part.logTail(200))?.[0], {
    describe: () => `the browser says where it listens, not only: ${part.logTail()}`,
    deadlineMs: 30_000,
  });
  const devtools = await openDevtools(endpoint);
  const page = await visit(devtools, url);
  return {
    ...page,
    close: async () => {
      devtools.close();
      await part.stop(['SIGTERM'], 5_000);
      rmSync(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function startBrowser(chromium: string, home: string): Promise<Part> {
  return startPart({
    name: 'chromium',
    command: chromium,
    args: [
      '--headless=new',
      // Root has no sandbox, and a container little shared memory.
      ...['--no-sandbox', '--disable-dev-shm-usage', '--disable-gpu'],
      ...['--disable-extensions', '--disable-background-networking', '--no-first-run'],
      ...['--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1', '--no-proxy-server'],
      ...[`--user-data-dir=${home}`, '--remote-debugging-port=0', 'about:blank'],
    ],
    env: { PATH: process.env['PATH'] ?? '', HOME: home },
    log: join(home, 'log'),
  });
}

/** What the browser tells of its own accord, as far as it is looked at. */
interface Told {
  readonly entry?: { readonly level: string; readonly source: string; readonly text: string };
  readonly type?: string;
  readonly args?: readonly object[];
  readonly exceptionDetails?: { readonly text: string };
  readonly response?: { readonly url: string; readonly status: number };
}

async function visit(devtools: Devtools, url: string): Promise<Omit<Page, 'close'>> {
  const complaints: string[] = [];
  const answers = new Map<string, number>();
  devtools.listen((method, params) => {
    const { entry, type, args, exceptionDetails, response } = params as Told;
    if (entry !== undefined && entry.level !== 'verbose' && entry.level !== 'info') {
      complaints.push(`${entry.source}: ${entry.text}`);
    }
    if (method === 'Runtime.consoleAPICalled' && (type === 'error' || type === 'warning')) {
      complaints.push(`console: ${JSON.stringify(args ?? [])}`);
    }
    if (exceptionDetails !== undefined) complaints.push(`exception: ${exceptionDetails.text}`);
    if (response !== undefined) answers.set(response.url, response.status);
  });
  const { targetId } = await devtools.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await devtools.send('Target.attachToTarget', { targetId, flatten: true });
  const inPage = (method: string, params: object = {}) => devtools.send(method, params, String(sessionId));
  for (const domain of ['Log', 'Runtime', 'Network', 'Page']) await inPage(`${domain}.enable`);
  await inPage('Page.navigate', { url });
  return {
    complaints,
    answers,
    evaluate: async (expression) => {
      const answer = await inPage('Runtime.evaluate', { expression, returnByValue: true });
      return (answer['result'] as { value?: unknown }).value;
    },
  };
}
