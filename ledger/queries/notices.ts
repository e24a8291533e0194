import type { Db } from '../open.ts';

const WRITE = {
  name: 'write-notice',
  text: `
INSERT INTO notice (kind, detail) VALUES ($1, $2)
ON CONFLICT (kind) DO UPDATE SET detail = excluded.detail, seen_at = clock_timestamp()`,
};
const READ = {
  name: 'read-notices',
  text: `SELECT kind, detail FROM notice WHERE seen_at > clock_timestamp() - $1 * interval '1 ms' ORDER BY kind`,
};

export interface Notice {
  readonly kind: string;
  readonly detail: string;
}

/** Leaves a finding for readiness. */
export async function writeNotice(db: Db, notice: Notice): Promise<void> {
  await db.rows(WRITE, [notice.kind, notice.detail]);
}

/** Findings not older than `maxAgeMs`. */
export async function readNotices(db: Db, maxAgeMs: number): Promise<readonly Notice[]> {
  return db.rows<{ kind: string; detail: string }>(READ, [maxAgeMs]);
}
