/** Runs over cached results, with a ledger of their own. */
import { createHash } from 'node:crypto';
import { pino } from 'pino';
import type { Ledger } from '../../ledger/index.ts';
import { cleanResults, type ResultsCleanup, type ResultsDeps } from '../../maintenance/index.ts';
import { createDatabase } from '../support/databases.ts';
import { directory, pair } from '../unit/maintenance/tree.ts';
import { ledgerOn, type LogLine } from './kit.ts';

export interface ResultsBench {
  readonly databaseUrl: string;
  readonly root: string;
  readonly ledger: Ledger;
  readonly logged: LogLine[];
  readonly deps: ResultsDeps;
  /** A run; without an id of its own it is one of many. */
  run(wish?: RunWish): Promise<ResultsCleanup>;
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface RunWish {
  readonly runId?: string;
  readonly dryRun?: boolean;
  readonly signal?: AbortSignal;
  readonly deps?: Partial<ResultsDeps>;
}

let runs = 0;
let ofThisFile: Promise<string> | undefined;

/** An empty directory and a ledger; one database serves a file. */
export async function openResults(leftoverHours = 0): Promise<ResultsBench> {
  ofThisFile ??= createDatabase('results');
  const databaseUrl = await ofThisFile;
  const root = directory();
  const ledger = ledgerOn(databaseUrl);
  const logged: LogLine[] = [];
  const log = pino(
    { level: 'debug' },
    { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) },
  );
  const guarded = { home: '/nowhere/home', data: '/nowhere/data' };
  const settings = { directory: root, guarded, leftoverMs: leftoverHours * 3_600_000 };
  const deps: ResultsDeps = { ledger, log, settings };
  const never = new AbortController().signal;
  return {
    ...{ databaseUrl, root, ledger, logged, deps },
    run: ({ runId = `run ${(runs += 1)}`, dryRun = false, signal = never, deps: changes = {} } = {}) =>
      cleanResults({ ...deps, ...changes }, { runId, dryRun }, { signal, heartbeat: () => undefined }),
    sql: (text, values = []) =>
      ledger.rows({ name: `test-${createHash('md5').update(text).digest('hex')}`, text }, values),
  };
}

/** Writes so many expired pairs; returns their bytes. */
export function expiredPairs(root: string, count: number, prefix = 'p'): number {
  let bytes = 0;
  for (let n = 0; n < count; n += 1) bytes += pair(`${root}/${prefix} ${n % 3}/${n}`).bytes;
  return bytes;
}
