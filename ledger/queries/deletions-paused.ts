import type { Db } from '../open.ts';
import { isoTime } from '../row.ts';

/** Why nothing is deleted at the provider at present. */
export interface DeletionsPause {
  /** ISO 8601, UTC. */
  readonly since: string;
  readonly by: string;
  readonly reason: string;
}

interface Row {
  readonly paused_by: string;
  readonly paused_reason: string;
  readonly paused_at_ms: number;
}

const STATEMENT = {
  name: 'deletions-paused',
  text: `
SELECT paused_by, paused_reason, (extract(epoch FROM paused_at) * 1000)::float8 AS paused_at_ms
FROM deletion_control WHERE singleton AND paused_at IS NOT NULL`,
};

/** The pause that is in force; `undefined` while deletions may go on. */
export async function readPause(db: Db): Promise<DeletionsPause | undefined> {
  const [row] = await db.rows<Row>(STATEMENT, []);
  return row && { since: isoTime(row.paused_at_ms), by: row.paused_by, reason: row.paused_reason };
}
