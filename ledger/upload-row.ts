import type { StuckMark } from '../domain/lease.ts';
import type { DeletionReason, UploadStatus } from '../domain/upload.ts';
import { FILE_DUE } from './holders.ts';
import { isoTime } from './row.ts';

/** One user's upload as the ledger tells it. Times are epoch milliseconds. */
export interface UploadView {
  readonly uploadId: string;
  /** Null until the provider has answered. */
  readonly fileId: string | null;
  readonly provider: string;
  readonly status: UploadStatus;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mimeType: string;
  readonly purpose: string;
  readonly userId: string;
  readonly sessionId: string | null;
  /** Held by the upload itself until retention. */
  readonly plain: boolean;
  readonly createdAtMs: number;
  readonly lastUsedMs: number;
  readonly dedupeHits: number;
  readonly deletedAtMs: number | null;
  readonly deletionReason: DeletionReason | null;
  readonly providerDeletedAtMs: number | null;
  readonly lastError: string | null;
  /** Files at the provider of which one may be this upload's, and that nobody but a person can tell apart. */
  readonly candidates: readonly string[];
  /** A deletion that keeps failing, or an unsettled upload that only a person can settle. */
  readonly stuck: StuckMark | null;
}

/** An upload as {@link uploadColumns} selects it; times are epoch milliseconds. */
export interface UploadRow {
  readonly upload_id: string;
  readonly provider_file_id: string | null;
  readonly provider: string;
  readonly upload_status: UploadStatus;
  readonly filename: string;
  readonly file_size_bytes: number;
  readonly sha256: string;
  readonly mime_type: string;
  readonly purpose: string;
  readonly user_id: string;
  readonly session_id: string | null;
  readonly plain: boolean;
  readonly created_ms: number;
  readonly last_used_ms: number;
  readonly dedupe_hits: number;
  readonly deleted_ms: number | null;
  readonly deletion_reason: DeletionReason | null;
  readonly provider_deleted_ms: number | null;
  readonly last_error: string | null;
  readonly candidates: readonly string[];
  readonly stuck_ms: number | null;
  readonly tries: number;
  readonly next_try_ms: number | null;
}

/** All such files, in the order of the index `file_due`, so that it is that index which is read. */
export const FILES_DUE = `(SELECT * FROM file f WHERE ${FILE_DUE} ORDER BY f.next_try_at, f.file_key OFFSET 0)`;
/** Uploads of which it is not known what became of them: the rows of the index `upload_unsettled`. */
export const UNSETTLED = `u.deleted_at IS NULL AND (u.upload_status IN ('pending', 'uploading') OR u.uncertain)`;
/**
 * The same, which a person has to look at: there are files of which one may be it, or the provider could not be asked
 * for long. The parameter holds that time in milliseconds.
 */
export const unsettledStuck = (afterMs: string): string =>
  `${UNSETTLED} AND (u.candidates <> '{}' OR (u.attempts > 0
    AND coalesce(u.sent_at, u.created_at) < clock_timestamp() - ${afterMs}::float8 * interval '1 ms'))`;
/** The file of the upload is to be deleted, and its deletion keeps failing. */
const FILE_STUCK = `u.deleted_at IS NOT NULL AND u.provider_deleted_at IS NULL AND f.stuck_at IS NOT NULL AND ${FILE_DUE}`;
/** Whether an upload is marked stuck; the parameter as above. */
export const isStuck = (afterMs: string): string =>
  `(coalesce(${FILE_STUCK}, false) OR (${unsettledStuck(afterMs)}))`;

const ms = (time: string): string => `(extract(epoch FROM ${time}) * 1000)::float8`;
/** `deleting`: what the row of the file says while it is to be deleted; else what the upload's own row does. */
const either = (deleting: string, own: string): string =>
  `CASE WHEN u.deleted_at IS NOT NULL AND ${FILE_DUE} THEN ${deleting} ELSE ${own} END`;

/** Selects an upload `u` and its file `f` for {@link toUpload}; the parameter as above. */
export const uploadColumns = (afterMs: string): string => `
  u.upload_id, u.provider_file_id, u.provider, u.upload_status, u.filename, u.file_size_bytes::float8 AS file_size_bytes,
  u.sha256, u.mime_type, u.purpose, u.user_id, u.session_id, u.plain, u.deletion_reason, u.candidates,
  u.dedupe_hits::float8 AS dedupe_hits, ${ms('u.created_at')} AS created_ms, ${ms('u.last_used')} AS last_used_ms,
  ${ms('u.deleted_at')} AS deleted_ms, ${ms('u.provider_deleted_at')} AS provider_deleted_ms,
  ${either('coalesce(f.last_error, u.last_error)', 'u.last_error')} AS last_error,
  CASE WHEN ${FILE_STUCK} THEN ${ms('f.stuck_at')} WHEN ${unsettledStuck(afterMs)} THEN ${ms('coalesce(u.sent_at, u.created_at)')} END
    AS stuck_ms,
  ${either('f.attempts', 'u.attempts')} AS tries, ${ms(either('f.next_try_at', 'u.next_try_at'))} AS next_try_ms`;

/** Uploads and their files. */
export const UPLOADS = `provider_file_uploads u LEFT JOIN file f ON f.file_key = u.file_key`;

function stuckOf(row: UploadRow): StuckMark | null {
  if (row.stuck_ms === null) return null;
  return {
    since: isoTime(row.stuck_ms),
    attempts: row.tries,
    lastError: row.last_error ?? '',
    nextTryAt: row.next_try_ms === null ? null : isoTime(row.next_try_ms),
  };
}

/** The upload of a row. */
export function toUpload(row: UploadRow): UploadView {
  return {
    uploadId: row.upload_id,
    fileId: row.provider_file_id,
    provider: row.provider,
    status: row.upload_status,
    filename: row.filename,
    sizeBytes: row.file_size_bytes,
    sha256: row.sha256,
    mimeType: row.mime_type,
    purpose: row.purpose,
    userId: row.user_id,
    sessionId: row.session_id,
    plain: row.plain,
    createdAtMs: row.created_ms,
    lastUsedMs: row.last_used_ms,
    dedupeHits: row.dedupe_hits,
    deletedAtMs: row.deleted_ms,
    deletionReason: row.deletion_reason,
    providerDeletedAtMs: row.provider_deleted_ms,
    lastError: row.last_error,
    candidates: row.candidates,
    stuck: stuckOf(row),
  };
}
