import type { Db } from '../open.ts';

/** A listed store as it is staged. Texts must be storable: no NUL, no lone surrogates. */
export interface StagedStore {
  readonly storeId: string;
  readonly instanceId: string | null;
  /** A UUID, or null where the tag is none. */
  readonly leaseId: string | null;
  readonly sessionId: string | null;
  readonly name: string;
  readonly status: string;
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly usageBytes: number;
}

const CLEAR = {
  name: 'sweep-clear',
  text: `DELETE FROM sweep_seen WHERE run_id = $1`,
};
const RESET = {
  name: 'sweep-reset',
  text: `UPDATE sweep_run SET listed = 0 WHERE run_id = $1 AND finished_at IS NULL`,
};
const STAGE = {
  name: 'sweep-stage',
  text: `
WITH run AS (
  UPDATE sweep_run SET pulse_at = clock_timestamp(), listed = listed + cardinality($2::text[])
  WHERE run_id = $1 AND finished_at IS NULL RETURNING run_id
), staged AS (
  INSERT INTO sweep_seen (run_id, store_id, instance_id, lease_id, session_id, name, status, created_at, expires_at,
    usage_bytes)
  SELECT run.run_id, t.store_id, t.instance_id, t.lease_id, t.session_id, t.name, t.status,
    to_timestamp(t.created_ms / 1000), to_timestamp(t.expires_ms / 1000), t.usage_bytes
  FROM run, unnest($2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::float8[],
    $9::float8[], $10::bigint[])
    AS t (store_id, instance_id, lease_id, session_id, name, status, created_ms, expires_ms, usage_bytes)
  ON CONFLICT DO NOTHING
)
SELECT run_id FROM run`,
};
/** The runs before are needed no longer, but for the last one where a doubtful listing may be confirmed by the next. */
const FORGET = {
  name: 'sweep-unstage',
  text: `DELETE FROM sweep_seen WHERE run_id IN (SELECT run_id FROM sweep_run WHERE account_id = $1)
  AND ($2::bigint IS NULL OR run_id <> $2)`,
};

/** Forgets what the run has staged: its listing begins anew. */
export async function clearStaged(db: Db, runId: string): Promise<void> {
  await db.rows(CLEAR, [runId]);
  await db.rows(RESET, [runId]);
}

/** Stages one page of the listing; false where the run has been ended meanwhile. */
export async function stageStores(db: Db, runId: string, stores: readonly StagedStore[]): Promise<boolean> {
  const rows = await db.rows(STAGE, [
    runId,
    stores.map(({ storeId }) => storeId),
    stores.map(({ instanceId }) => instanceId),
    stores.map(({ leaseId }) => leaseId),
    stores.map(({ sessionId }) => sessionId),
    stores.map(({ name }) => name),
    stores.map(({ status }) => status),
    stores.map(({ createdAtMs }) => createdAtMs),
    stores.map(({ expiresAtMs }) => expiresAtMs),
    stores.map(({ usageBytes }) => usageBytes),
  ]);
  return rows.length === 1;
}

/** Drops what the account's runs have staged, but for `keepRunId`. */
export async function unstage(db: Db, accountId: number, keepRunId: string | null): Promise<void> {
  await db.rows(FORGET, [accountId, keepRunId]);
}
