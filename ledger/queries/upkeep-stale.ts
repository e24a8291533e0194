import type { ProviderName } from '../../domain/providers.ts';
import type { Db } from '../open.ts';
import { isStale } from '../stale-upload.ts';
import { UNSETTLED } from '../upload-row.ts';

/** An upload whose sender is dead. */
export interface StaleUpload {
  readonly uploadId: string;
  readonly provider: ProviderName;
  /** Bytes may have left: the provider may have it. */
  readonly sent: boolean;
}

const UNDER_WAY = ['pending', 'uploading'];

const STATEMENT = {
  name: 'upkeep-stale',
  text: `
UPDATE provider_file_uploads u SET upload_status = 'failed', claims = false, sender_until = NULL,
  uncertain = u.upload_status = 'uploading',
  last_error = CASE u.upload_status WHEN 'uploading' THEN 'whoever sent it did not come to an end'
    ELSE 'it was never sent' END
WHERE u.upload_id IN (SELECT u.upload_id FROM provider_file_uploads u WHERE ${UNSETTLED} AND ${isStale('$1')}
    ORDER BY u.upload_id LIMIT $2 FOR UPDATE SKIP LOCKED)
  AND u.upload_status = ANY ($3::text[])
RETURNING u.upload_id, u.provider, u.uncertain AS sent`,
};

/** Ends at most `limit` intents that nobody will end any more; what may have been sent is to be settled. */
export async function failStaleUploads(
  db: Db,
  stale: { readonly afterMs: number; readonly limit: number },
): Promise<readonly StaleUpload[]> {
  const rows = await db.rows<{ upload_id: string; provider: ProviderName; sent: boolean }>(STATEMENT, [
    stale.afterMs,
    stale.limit,
    UNDER_WAY,
  ]);
  return rows.map((row) => ({ uploadId: row.upload_id, provider: row.provider, sent: row.sent }));
}
