import type { Db } from '../open.ts';

const IDENTIFIER = {
  name: 'system-identifier',
  text: `SELECT system_identifier::text AS identifier FROM pg_control_system()`,
};
/** Records the first cluster; on another one suspends deletions, unless they are paused already. */
const COMPARE = {
  name: 'compare-cluster',
  text: `
UPDATE deletion_control SET system_identifier = coalesce(system_identifier, $1),
  paused_at = CASE WHEN system_identifier <> $1 THEN clock_timestamp() END,
  paused_by = CASE WHEN system_identifier <> $1 THEN $2 END,
  paused_reason = CASE WHEN system_identifier <> $1 THEN $3 END
WHERE singleton AND paused_at IS NULL AND system_identifier IS DISTINCT FROM $1
RETURNING paused_at IS NOT NULL AS suspended`,
};
const RECORDED = {
  name: 'recorded-cluster',
  text: `SELECT system_identifier FROM deletion_control WHERE singleton`,
};

/** SQLSTATEs of a server that does not tell: not allowed, no such function, not supported. */
const NOT_TOLD = new Set(['42501', '42883', '0A000']);

/** The identifier that `initdb` gave the PostgreSQL cluster; `undefined` where we may not know it. */
export async function systemIdentifier(db: Db): Promise<string | undefined> {
  try {
    const [row] = await db.rows<{ identifier: string }>(IDENTIFIER, []);
    return row?.identifier;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (NOT_TOLD.has(code)) return undefined;
    throw error;
  }
}

/** Compares with the cluster this ledger was begun on; true when that has just suspended deletions. */
export async function compareCluster(
  db: Db,
  identifier: string,
  suspension: { readonly by: string; readonly reason: string },
): Promise<boolean> {
  const values = [identifier, suspension.by, suspension.reason];
  const [row] = await db.rows<{ suspended: boolean }>(COMPARE, values);
  return row?.suspended ?? false;
}

/** The cluster this ledger was begun on, or last confirmed for; `undefined` where none was recorded. */
export async function recordedCluster(db: Db): Promise<string | undefined> {
  const [row] = await db.rows<{ system_identifier: string | null }>(RECORDED, []);
  return row?.system_identifier ?? undefined;
}
