import type { Db } from '../open.ts';
import { isoTime } from '../row.ts';

export interface SweepRunRow {
  readonly runId: string;
  readonly dryRun: boolean;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Null until it is decided. */
  readonly valid: boolean | null;
  readonly invalidReason: string | null;
  readonly invalidDetail: string | null;
  readonly listed: number;
  readonly counts: Readonly<Record<string, number>>;
  /** By step. */
  readonly actions: Readonly<Record<string, readonly SweepActionRow[]>>;
}

/** Plain JSON. */
export interface SweepActionRow {
  readonly storeId: string;
  readonly leaseId: string | null;
  readonly action: 'delete' | 'end_lease' | 'push_expiry';
  readonly why: string;
}

interface Row {
  readonly run_id: string;
  readonly dry_run: boolean;
  readonly started_ms: number;
  readonly finished_ms: number | null;
  readonly valid: boolean | null;
  readonly invalid_reason: string | null;
  readonly invalid_detail: string | null;
  readonly listed: number;
  readonly counts: Record<string, number>;
  readonly actions: Record<string, SweepActionRow[]>;
}

/** `run_id` becomes a text here, and a bare `ORDER BY run_id` would sort by that: 99 after 100. */
const COLUMNS = `run_id::text, dry_run, valid, invalid_reason, invalid_detail, listed, counts, actions,
  (extract(epoch FROM started_at) * 1000)::float8 AS started_ms,
  (extract(epoch FROM finished_at) * 1000)::float8 AS finished_ms`;
const READ = {
  name: 'sweep-run',
  text: `SELECT ${COLUMNS} FROM sweep_run WHERE run_id = $1`,
};
const LAST = {
  name: 'sweep-last-run',
  text: `SELECT ${COLUMNS} FROM sweep_run WHERE account_id = $1 AND finished_at IS NOT NULL
ORDER BY sweep_run.run_id DESC LIMIT 1`,
};
/** The run before, which may have seen the same doubtful listing. */
const PREVIOUS = {
  name: 'sweep-previous-run',
  text: `SELECT ${COLUMNS} FROM sweep_run WHERE account_id = $1 AND run_id < $2
ORDER BY sweep_run.run_id DESC LIMIT 1`,
};

function toRun(row: Row): SweepRunRow {
  return {
    runId: row.run_id,
    dryRun: row.dry_run,
    startedAt: isoTime(row.started_ms),
    finishedAt: row.finished_ms === null ? null : isoTime(row.finished_ms),
    valid: row.valid,
    invalidReason: row.invalid_reason,
    invalidDetail: row.invalid_detail,
    listed: row.listed,
    counts: row.counts,
    actions: row.actions,
  };
}

/** One run, as it stands. */
export async function readRun(db: Db, runId: string): Promise<SweepRunRow | undefined> {
  const [row] = await db.rows<Row>(READ, [runId]);
  return row && toRun(row);
}

/** The account's newest run that has ended, valid or not. */
export async function lastRun(db: Db, accountId: number): Promise<SweepRunRow | undefined> {
  const [row] = await db.rows<Row>(LAST, [accountId]);
  return row && toRun(row);
}

/** The account's run before this one. */
export async function previousRun(
  db: Db,
  run: { readonly accountId: number; readonly runId: string },
): Promise<SweepRunRow | undefined> {
  const [row] = await db.rows<Row>(PREVIOUS, [run.accountId, run.runId]);
  return row && toRun(row);
}
