import type { ProviderName } from '../../domain/providers.ts';
import type { Db } from '../open.ts';
import { UNSETTLED } from '../upload-row.ts';

/** An upload of which it is not known whether the provider has it. */
export interface UnsettledUpload {
  readonly uploadId: string;
  readonly accountId: number;
  readonly provider: ProviderName;
  /** Of the account it was sent to. */
  readonly baseUrl: string;
  readonly sha256: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly userId: string;
  /** Epoch milliseconds. */
  readonly sentAtMs: number;
  readonly ageMs: number;
  readonly attempts: number;
  readonly candidates: readonly string[];
}

interface Row {
  readonly upload_id: string;
  readonly account_id: number;
  readonly provider: ProviderName;
  readonly base_url: string;
  readonly sha256: string;
  readonly filename: string;
  readonly size: number;
  readonly user_id: string;
  readonly sent_ms: number;
  readonly age_ms: number;
  readonly attempts: number;
  readonly candidates: readonly string[];
}

/** `SKIP LOCKED` and the time put forward: two passes at once share them out. */
const CLAIM = {
  name: 'upkeep-unsettled',
  text: `
WITH due AS MATERIALIZED (
  SELECT u.upload_id FROM provider_file_uploads u
  WHERE ${UNSETTLED} AND u.created_at < now() AND u.upload_status = 'failed'
    AND coalesce(u.next_try_at, u.created_at) <= clock_timestamp()
  ORDER BY u.created_at, u.upload_id LIMIT $1 FOR UPDATE SKIP LOCKED
)
UPDATE provider_file_uploads u SET next_try_at = clock_timestamp() + $2::float8 * interval '1 ms'
FROM due, account a WHERE u.upload_id = due.upload_id AND a.account_id = u.account_id
RETURNING u.upload_id, u.account_id, u.provider, a.base_url, u.sha256, u.filename, u.file_size_bytes::float8 AS size,
  u.user_id, u.attempts, u.candidates,
  (extract(epoch FROM coalesce(u.sent_at, u.created_at)) * 1000)::float8 AS sent_ms,
  (extract(epoch FROM clock_timestamp() - coalesce(u.sent_at, u.created_at)) * 1000)::float8 AS age_ms`,
};

/** At most `limit` uploads that are due to be settled, for `holdMs` nobody else's; the oldest first. */
export async function claimUnsettled(
  db: Db,
  claim: { readonly limit: number; readonly holdMs: number },
): Promise<readonly UnsettledUpload[]> {
  const rows = await db.rows<Row>(CLAIM, [claim.limit, claim.holdMs]);
  return rows.map((row) => ({
    uploadId: row.upload_id,
    accountId: row.account_id,
    provider: row.provider,
    baseUrl: row.base_url,
    sha256: row.sha256,
    filename: row.filename,
    sizeBytes: row.size,
    userId: row.user_id,
    sentAtMs: row.sent_ms,
    ageMs: row.age_ms,
    attempts: row.attempts,
    candidates: row.candidates,
  }));
}
