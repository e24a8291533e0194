import type { Client } from 'pg';
import { to as copyTo } from 'pg-copy-streams';
import { inOneTransaction } from './connect.ts';
import {
  appliedMigrations,
  describeTables,
  quoted,
  sequenceStates,
  type DumpedTable,
  type SequenceState,
} from './describe.ts';

/** The ledger as it was at one moment, whatever is written meanwhile. */
export interface LedgerSnapshot {
  readonly migrations: readonly string[];
  /** In an order in which they can be loaded. */
  readonly tables: readonly DumpedTable[];
  /** The rows of a table as COPY writes them, one line each. One table at a time. */
  copy(table: DumpedTable): AsyncIterable<Buffer>;
  /** To be asked after the last table. */
  sequences(): Promise<readonly SequenceState[]>;
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY';

async function open(client: Client): Promise<LedgerSnapshot> {
  // The first statement with a table in it is what fixes the moment.
  const migrations = await appliedMigrations(client);
  return {
    migrations,
    tables: await describeTables(client),
    copy: ({ name, columns }) =>
      client.query(copyTo(`COPY ${quoted(name)} (${columns.map(quoted).join(', ')}) TO STDOUT`)),
    sequences: () => sequenceStates(client),
  };
}

/** Lends `work` a snapshot on a connection of its own, which an abort ends. */
export async function withSnapshot<T>(
  url: string,
  signal: AbortSignal,
  work: (snapshot: LedgerSnapshot) => Promise<T>,
): Promise<T> {
  return inOneTransaction({ url, begin: BEGIN, signal }, async (client) => work(await open(client)));
}
