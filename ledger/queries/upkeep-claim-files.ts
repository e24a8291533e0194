import { FILE_DUE } from '../holders.ts';
import type { Db } from '../open.ts';

/** An uploaded file that is to be deleted now, as the deletion needs it. */
export interface DueFile {
  readonly fileKey: string;
  readonly fileId: string;
  readonly provider: string;
  readonly baseUrl: string;
  /** The account that it was made in. */
  readonly accountId: number;
  readonly ageMs: number;
  /** Milliseconds since the first 404; null if there was none. */
  readonly notFoundForMs: number | null;
  /** Failed tries in a row, and milliseconds since the first of them. */
  readonly attempts: number;
  readonly failingForMs: number | null;
  readonly stuck: boolean;
}

interface Row {
  readonly file_key: string;
  readonly provider_file_id: string;
  readonly provider: string;
  readonly base_url: string;
  readonly account_id: number;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
  readonly attempts: number;
  readonly failing_for_ms: number | null;
  readonly stuck: boolean;
}

/** `SKIP LOCKED` and the time put forward: two passes at once share them out, and what one forgets comes back. */
const STATEMENT = {
  name: 'upkeep-claim-files',
  text: `
WITH due AS MATERIALIZED (
  SELECT f.file_key FROM file f
  WHERE ${FILE_DUE} AND f.next_try_at <= now() AND (f.provider, f.base_url) NOT IN (SELECT * FROM unnest($3::text[], $4::text[]))
  ORDER BY f.next_try_at, f.file_key LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE file f SET next_try_at = clock_timestamp() + $2::float8 * interval '1 ms'
FROM due WHERE f.file_key = due.file_key
RETURNING f.file_key, f.provider_file_id, f.provider, f.base_url, f.account_id, f.attempts,
  f.stuck_at IS NOT NULL AS stuck,
  (extract(epoch FROM clock_timestamp() - f.tracked_at) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - f.not_found_at) * 1000)::float8 AS not_found_for_ms,
  (extract(epoch FROM clock_timestamp() - f.failing_since) * 1000)::float8 AS failing_for_ms`,
};

export interface FileClaim {
  readonly limit: number;
  /** How long they are nobody else's. */
  readonly holdMs: number;
  /** Accounts that are to be left alone. */
  readonly not: readonly { readonly provider: string; readonly baseUrl: string }[];
}

/** At most `limit` files that are due, the longest due first. */
export async function claimDueFiles(db: Db, claim: FileClaim): Promise<readonly DueFile[]> {
  const [providers, urls] = [claim.not.map((one) => one.provider), claim.not.map((one) => one.baseUrl)];
  const rows = await db.rows<Row>(STATEMENT, [claim.limit, claim.holdMs, providers, urls]);
  return rows.map((row) => ({
    fileKey: row.file_key,
    fileId: row.provider_file_id,
    provider: row.provider,
    baseUrl: row.base_url,
    accountId: row.account_id,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
    attempts: row.attempts,
    failingForMs: row.failing_for_ms,
    stuck: row.stuck,
  }));
}
