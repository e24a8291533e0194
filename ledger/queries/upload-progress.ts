import type { Db } from '../open.ts';
import { ANSWERS } from '../upload-answers.ts';

const PENDING = 'pending';
/** Those that a sender is at. */
const UNDER_WAY = [PENDING, 'uploading'];

const SENDING = {
  name: 'upload-sending',
  text: `
UPDATE provider_file_uploads own SET upload_status = 'uploading', sent_at = clock_timestamp(),
  sender_until = clock_timestamp() + $2::float8 * interval '1 ms'
WHERE own.upload_id = $1 AND own.upload_status = $3 AND (NOT $4::boolean OR (
  SELECT u.file_key FROM provider_file_uploads u JOIN file f USING (file_key)
  WHERE u.account_id = own.account_id AND u.purpose = own.purpose AND u.sha256 = own.sha256 AND ${ANSWERS}
    AND u.file_key <> ALL ($5::bigint[])
  ORDER BY u.verified_at DESC NULLS LAST LIMIT 1) IS NULL)
RETURNING own.upload_id`,
};

const BEAT = {
  name: 'upload-beat',
  text: `
UPDATE provider_file_uploads SET sender_until = clock_timestamp() + $2::float8 * interval '1 ms'
WHERE upload_id = $1 AND upload_status = ANY ($3::text[])`,
};

const WITHDRAW = {
  name: 'upload-withdraw',
  text: `DELETE FROM provider_file_uploads WHERE upload_id = $1 AND upload_status = $2`,
};

const FAILED = {
  name: 'upload-failed',
  text: `
UPDATE provider_file_uploads SET upload_status = 'failed', claims = false, uncertain = $2, last_error = $3,
  sender_until = NULL
WHERE upload_id = $1 AND upload_status = ANY ($4::text[])`,
};

export interface Sending {
  readonly uploadId: string;
  readonly senderLeaseMs: number;
  /** Only where nothing answers for its content; files of the keys in `not` are passed over. */
  readonly dedupe: boolean;
  readonly not: readonly string[];
}

/**
 * Right before the bytes leave. False: they must not, because a file of equal content is recorded by now, or the intent
 * is settled. Only here is it sure that none is: whoever claimed after another's end did not look again.
 */
export async function beginSending(db: Db, sending: Sending): Promise<boolean> {
  const { uploadId, senderLeaseMs, dedupe, not } = sending;
  return (await db.rows(SENDING, [uploadId, senderLeaseMs, PENDING, dedupe, not])).length > 0;
}

/** The sender is alive. */
export async function beatSender(db: Db, uploadId: string, senderLeaseMs: number): Promise<void> {
  await db.rows(BEAT, [uploadId, senderLeaseMs, UNDER_WAY]);
}

/** Forgets an intent of which nothing was sent. */
export async function withdrawIntent(db: Db, uploadId: string): Promise<void> {
  await db.rows(WITHDRAW, [uploadId, PENDING]);
}

/** `uncertain`: the provider may have taken it. */
export async function uploadFailed(
  db: Db,
  uploadId: string,
  failure: { readonly uncertain: boolean; readonly error: string },
): Promise<void> {
  await db.rows(FAILED, [uploadId, failure.uncertain, failure.error, UNDER_WAY]);
}
