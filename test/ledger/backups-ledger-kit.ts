/** A ledger with rows in every table, its backups, and ledgers to restore them into. */
import { Client } from 'pg';
import { onTestFinished } from 'vitest';
import { makeBackup, restoreBackup, RestoreError } from '../../maintenance/backups/index.ts';
import { createDatabase } from '../support/databases.ts';
import { BACKUP_MS, backupBench, CALM, type BackupBench } from './backups-kit.ts';

/** A connection that ends with the test. */
export async function connectTo(url: string): Promise<Client> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

export interface LedgerBackups extends BackupBench {
  readonly url: string;
  /** The name of a new backup. */
  make(nowMs?: number): Promise<string>;
}

/** Backups of this ledger, in a directory of their own. */
export function backupsOf(url: string): LedgerBackups {
  const bench = backupBench({ ledgerUrl: url });
  const make = async (nowMs = BACKUP_MS) => {
    const outcome = await makeBackup(bench.at(nowMs), { kind: 'ledger', manual: false }, CALM);
    if (!('backup' in outcome)) throw new Error(`skipped: ${outcome.skipped}`);
    return outcome.backup.filename;
  };
  return { ...bench, url, make };
}

export interface Target {
  /** A migrated ledger in which nothing has happened. */
  readonly url: string;
  restore(filename: string, signal?: AbortSignal): Promise<string>;
}

/** Somewhere to restore to; `restore` resolves with 'restored', or with the code and the reason of the refusal. */
export function targetAt(url: string, bench: BackupBench): Target {
  const restore = async (filename: string, signal = CALM.signal): Promise<string> => {
    const deps = { ...bench.deps, settings: { ...bench.deps.settings, ledgerUrl: url } };
    try {
      await restoreBackup(deps, { filename, force: false }, { ...CALM, signal });
      return 'restored';
    } catch (error) {
      if (error instanceof RestoreError) return `${error.code}: ${error.message}`;
      throw error;
    }
  };
  return { url, restore };
}

export async function freshTarget(bench: BackupBench): Promise<Target> {
  return targetAt(await createDatabase('restored'), bench);
}

/** Every row of every table as PostgreSQL writes it, and where every sequence stands. */
export async function contentOf(url: string): Promise<Readonly<Record<string, readonly string[]>>> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    const relations = await client.query<{ name: string; kind: string }>(
      `SELECT oid::regclass::text AS name, relkind AS kind FROM pg_class
       WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'S') ORDER BY 1`,
    );
    const content: Record<string, readonly string[]> = {};
    for (const { name, kind } of relations.rows) {
      const what = kind === 'S' ? `(t.last_value, t.is_called)` : 't';
      const found = await client.query<{ row: string }>(
        `SELECT ${what}::text AS row FROM ${name} t ORDER BY 1`,
      );
      content[name] = found.rows.map(({ row }) => row);
    }
    return content;
  } finally {
    await client.end();
  }
}
