import type { Db } from '../open.ts';
import type { Place } from './upload-look.ts';

/** An upload that is to be sent. */
export interface Intent extends Place {
  readonly uploadId: string;
  readonly provider: string;
  readonly sha256: string;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly mimeType: string;
  readonly userId: string;
  readonly sessionId: string | null;
  /** Others with equal content wait for it. */
  readonly claims: boolean;
  /** How long its sender counts as alive without a beat. */
  readonly senderLeaseMs: number;
  /** Bytes that the user may have, this upload included. */
  readonly quotaBytes: number;
}

const RELIEVE = {
  name: 'upload-relieve',
  text: `
UPDATE provider_file_uploads SET claims = false
WHERE account_id = $1 AND purpose = $2 AND sha256 = $3 AND claims AND sender_until < clock_timestamp()`,
};

const INSERT = {
  name: 'upload-intent',
  text: `
INSERT INTO provider_file_uploads (upload_id, account_id, provider, sha256, filename, file_size_bytes, mime_type,
  purpose, user_id, session_id, plain, claims, sender_until)
SELECT $1, $2, $3, $4, $5, $6::bigint, $7, $8, $9, $10::text, $10 IS NULL, $11,
  clock_timestamp() + $12::float8 * interval '1 ms'
WHERE $6::bigint + (SELECT coalesce(sum(file_size_bytes), 0) FROM provider_file_uploads
  WHERE user_id = $9 AND deleted_at IS NULL AND upload_status IN ('pending', 'uploading', 'completed')) <= $13::float8
ON CONFLICT (account_id, purpose, sha256) WHERE claims DO NOTHING
RETURNING upload_id`,
};

const USAGE = {
  name: 'upload-usage',
  text: `
SELECT coalesce(sum(file_size_bytes), 0)::float8 AS bytes FROM provider_file_uploads
WHERE user_id = $1 AND deleted_at IS NULL AND upload_status IN ('pending', 'uploading', 'completed')`,
};

/** Ends the claim of a sender who was not heard of in time: whatever becomes of it, nobody waits for it any longer. */
export async function relieveClaim(db: Db, { accountId, purpose, sha256 }: Intent): Promise<void> {
  await db.rows(RELIEVE, [accountId, purpose, sha256]);
}

/**
 * Writes the intent down. Needs the user's lock, taken by a statement before. `taken`: another upload of equal content
 * is under way.
 */
export async function insertIntent(db: Db, intent: Intent): Promise<'begun' | 'taken' | 'over_quota'> {
  const { uploadId, accountId, provider, sha256, filename, sizeBytes, mimeType } = intent;
  const what = [uploadId, accountId, provider, sha256, filename, sizeBytes, mimeType];
  const { purpose, userId, sessionId, claims, senderLeaseMs, quotaBytes } = intent;
  const made = await db.rows(INSERT, [
    ...what,
    ...[purpose, userId, sessionId, claims, senderLeaseMs, quotaBytes],
  ]);
  if (made.length > 0) return 'begun';
  const [usage] = await db.rows<{ bytes: number }>(USAGE, [userId]);
  return (usage?.bytes ?? 0) + sizeBytes > quotaBytes ? 'over_quota' : 'taken';
}
