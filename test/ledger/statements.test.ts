/** Every statement of the ledger, whether a test below happens to reach it or not, is one the server accepts. */
import { readdir, readFile } from 'node:fs/promises';
import { Client } from 'pg';
import { expect, it } from 'vitest';
import type { Db, Statement } from '../../ledger/open.ts';
import { createDatabase } from '../support/databases.ts';

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

it('the server accepts every statement, and no two share a name', async () => {
  const files = (await readdir(QUERIES)).filter((file) => file.endsWith('.ts'));
  const statements = new Map<string, string>();
  const written: string[] = [];
  for (const file of files) {
    const source = await readFile(new URL(file, QUERIES), 'utf8');
    for (const [, name = ''] of source.matchAll(/^\s*name: '([^']+)'/gm)) written.push(name);
    const module = (await import(new URL(file, QUERIES).href)) as Record<string, unknown>;
    for (const run of Object.values(module)) {
      if (typeof run !== 'function' || /^class/.test(String(run))) continue;
      for (const { name, text } of await statementsOf(run as () => unknown)) {
        expect(statements.get(name) ?? text, name).toBe(text);
        statements.set(name, text);
      }
    }
  }
  const client = new Client({ connectionString: await createDatabase('statements') });
  await client.connect();
  const refused: string[] = [];
  for (const [name, text] of statements) {
    await client
      .query(`PREPARE "${name}" AS ${text}`)
      .catch((error: unknown) => refused.push(`${name}: ${String(error)}`));
  }
  await client.end();
  expect(refused).toEqual([]);
  expect([...statements.keys()].toSorted()).toEqual(written.toSorted());
});
