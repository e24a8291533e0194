import type { Db } from '../open.ts';
import { CLOSED } from '../states.ts';

/** What another lease has, live or draining, is left to that one. Nobody tracks an abandoned file again. */
const STATEMENT = {
  name: 'abandon-files',
  text: `
UPDATE file SET abandoned_at = clock_timestamp(), deleted_at = coalesce(deleted_at, clock_timestamp())
WHERE file_key = ANY ($2::bigint[]) AND provider_deleted_at IS NULL AND abandoned_at IS NULL AND NOT EXISTS (
  SELECT FROM lease_entry e JOIN lease l USING (lease_id)
  WHERE e.file_key = file.file_key AND l.lease_id <> $1 AND l.state <> $3)`,
};

/** Gives up files of a forced lease. Needs their row locks, got by a statement before. */
export async function abandonFiles(db: Db, leaseId: string, fileKeys: readonly string[]): Promise<void> {
  await db.rows(STATEMENT, [leaseId, fileKeys, CLOSED]);
}
