import { readdir, readFile } from 'node:fs/promises';
import type { Db, Statement } from '../../ledger/open.ts';

const QUERIES = new URL('../../ledger/queries/', import.meta.url);

/** Runs a function of the room for nothing but the statements that it sends. */
async function statementsOf(run: (...values: unknown[]) => unknown): Promise<readonly Statement[]> {
  const sent: Statement[] = [];
  const db: Db = {
    rows: (statement) => {
      sent.push(statement);
      return Promise.resolve([]);
    },
  };
  const anything = (): unknown =>
    new Proxy([], {
      get: (list, key): unknown =>
        key !== 'entries' && key in list ? (Reflect.get(list, key) as unknown) : [],
    });
  await Promise.resolve(run(db, anything(), anything())).catch(() => undefined);
  return sent;
}

/** Text by name of every statement that the room's functions send, and the names that its files write down. */
export async function allStatements(): Promise<{
  readonly sent: ReadonlyMap<string, string>;
  readonly written: readonly string[];
}> {
  const files = (await readdir(QUERIES)).filter((file) => file.endsWith('.ts'));
  const sent = new Map<string, string>();
  const written: string[] = [];
  for (const file of files) {
    const source = await readFile(new URL(file, QUERIES), 'utf8');
    for (const [, name = ''] of source.matchAll(/^\s*name: '([^']+)'/gm)) written.push(name);
    const module = (await import(new URL(file, QUERIES).href)) as Record<string, unknown>;
    for (const run of Object.values(module)) {
      if (typeof run !== 'function' || /^class/.test(String(run))) continue;
      for (const { name, text } of await statementsOf(run as () => unknown)) {
        if ((sent.get(name) ?? text) !== text) throw new Error(`two statements are called ${name}`);
        sent.set(name, text);
      }
    }
  }
  return { sent, written };
}
