/** The documents say what the code says. */
import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LEASE_STATES } from '../../../domain/lease.ts';
import { LEASE_EVENTS, TRANSITIONS } from '../../../domain/transitions.ts';
import { REPOSITORY, read, repositoryFiles } from './repository.ts';

/** Cells of the rows of a Markdown table, header and ruler left out. */
function tableRows(markdown: string): readonly (readonly string[])[] {
  const lines = markdown.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe('examples', () => {
  it.each([
    ['README.md', 'docs/examples/mcp-server.ts', 'ts'],
    ['README.md', 'docs/examples/mcp_server.py', 'python'],
    ['docs/files.md', 'docs/examples/upload-file.ts', 'ts'],
    ['docs/files.md', 'docs/examples/upload_file.py', 'python'],
  ])('%s quotes %s as it is', (page, path, language) => {
    const quote = new RegExp(`<!-- ${path} -->\\n\\n\`\`\`${language}\\n([^]*?)\`\`\``).exec(read(page));
    expect(quote?.[1]).toBe(read(path));
  });
});

describe('docs/architecture.md', () => {
  const text = read('docs/architecture.md');

  it('shows the transitions of domain/transitions.ts, cell by cell', () => {
    const table = /<!-- transitions -->([^]*)<!-- \/transitions -->/.exec(text)?.[1] ?? '';
    const header = table.split('\n').find((line) => line.startsWith('|')) ?? '';
    expect(
      header
        .split('|')
        .slice(2, -1)
        .map((cell) => cell.trim()),
    ).toEqual([...LEASE_STATES]);
    const expected = LEASE_EVENTS.map((event) => [
      `\`${event}\``,
      ...LEASE_STATES.map((state) => TRANSITIONS[state][event] ?? '–'),
    ]);
    expect(tableRows(table)).toEqual(expected);
  });

  it('names every room', () => {
    const rooms = repositoryFiles()
      .filter((path) => path.endsWith('.ts') && path.includes('/') && !path.startsWith('docs/'))
      .map((path) => path.split('/')[0] ?? '');
    for (const room of new Set(rooms)) expect(text, room).toContain(`\`${room}/\``);
  });
});

describe('docs/dependencies.md', () => {
  const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
  const section = (heading: string) =>
    read('docs/dependencies.md')
      .split('\n## ')
      .find((part) => part.startsWith(heading)) ?? '';
  it.each([
    ['At run time', 'dependencies'],
    ['For development', 'devDependencies'],
  ])('%s lists %s, each with a reason', (heading, key) => {
    const rows = tableRows(section(heading));
    expect(rows.map(([name]) => name?.replaceAll('`', ''))).toEqual(Object.keys(manifest[key] ?? {}));
    for (const [name, why] of rows) expect(why?.length, name).toBeGreaterThan(3);
  });
});

describe('docs/adr/', () => {
  it('are listed, numbered without a gap', () => {
    const pages = repositoryFiles().filter((path) => /^docs\/adr\/\d{4}-.*\.md$/.test(path));
    expect(pages.length).toBeGreaterThan(0);
    for (const [index, path] of [...pages].sort().entries()) {
      const number = index + 1;
      expect(path).toContain(`/${String(number).padStart(4, '0')}-`);
      expect(read(path)).toMatch(new RegExp(`^# ${number}\\. `));
      expect(read('docs/adr/README.md')).toContain(`(${path.slice('docs/adr/'.length)})`);
    }
  });
});

describe('links', () => {
  const pages = repositoryFiles().filter((path) => path.endsWith('.md') && !path.startsWith('test/'));
  it.each(pages)('in %s lead somewhere', (page) => {
    const dead = [...read(page).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target]) => target ?? '')
      .filter((target) => !/^(https?:|#)/.test(target))
      .filter(
        (target) => !existsSync(join(REPOSITORY, normalize(join(dirname(page), target.split('#')[0] ?? '')))),
      );
    expect(dead).toEqual([]);
  });

  it.each(pages)('within %s lead to a heading', (page) => {
    const text = read(page);
    const headings = [...text.matchAll(/^#+ (.+)$/gm)].map(([, heading]) =>
      (heading ?? '')
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    );
    const anchors = [...text.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor ?? '');
    expect(anchors.filter((anchor) => !headings.includes(anchor))).toEqual([]);
  });
});

describe('settings', () => {
  it('named in the documents exist', () => {
    const known = new Set(
      ['config/schema.ts', 'config/schema-maintenance.ts'].flatMap((file) =>
        [...read(file).matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name),
      ),
    );
    // Read by Temporal's own tools and by docker compose, and other names of settings.
    const elsewhere = new Set([
      ...['POSTGRES_PASSWORD', 'TEMPORAL_NAMESPACE', 'TEMPORAL_ADDRESS', 'ENV_FILE'],
      ...['CLEANUP_INTERVAL_HOURS', 'SESSION_CLEANUP_CRON', 'SESSION_RETENTION_DAYS'],
    ]);
    const codes = new Set(
      [...read('domain/errors.ts').matchAll(/^ {2}([A-Z][A-Z_]+):/gm)].map(([, name]) => name),
    );
    const pages = [
      'README.md',
      'docs/architecture.md',
      'docs/files.md',
      'docs/maintenance.md',
      'docs/operations.md',
      'CHANGELOG.md',
    ];
    for (const page of pages) {
      const named = [...read(page).matchAll(/`([A-Z]+_[A-Z_]+)(?:=[^`]*)?`/g)].map(([, name]) => name ?? '');
      expect(
        named.filter((name) => !known.has(name) && !elsewhere.has(name) && !codes.has(name)),
        page,
      ).toEqual([]);
    }
  });
});
