import type { FileAnswer, UploadBody } from '../contract/uploaded-files.ts';
import type { FileDetail, ProviderFileStats, Uploaded, UploadView } from '../files/contract.ts';

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** The outcome of an upload in the words of the contract. */
export function describeUploaded(uploaded: Uploaded) {
  return {
    file_id: uploaded.fileId,
    provider: uploaded.provider,
    filename: uploaded.filename,
    size_bytes: uploaded.sizeBytes,
    sha256: uploaded.sha256,
    mime_type: uploaded.mimeType,
    deduplicated: uploaded.deduplicated,
    upload_duration_seconds: uploaded.durationMs / 1_000,
  };
}

/** One user's upload likewise. */
export function describeUpload(upload: UploadView): UploadBody {
  return {
    upload_id: upload.uploadId,
    file_id: upload.fileId,
    provider: upload.provider,
    status: upload.status,
    filename: upload.filename,
    size_bytes: upload.sizeBytes,
    sha256: upload.sha256,
    mime_type: upload.mimeType,
    purpose: upload.purpose,
    user_id: upload.userId,
    session_id: upload.sessionId,
    plain: upload.plain,
    created_at: new Date(upload.createdAtMs).toISOString(),
    last_used: new Date(upload.lastUsedMs).toISOString(),
    dedupe_hits: upload.dedupeHits,
    deleted_at: isoTime(upload.deletedAtMs),
    deletion_reason: upload.deletionReason,
    provider_deleted_at: isoTime(upload.providerDeletedAtMs),
    last_error: upload.lastError,
    candidates: [...upload.candidates],
    stuck: upload.stuck && {
      since: upload.stuck.since,
      attempts: upload.stuck.attempts,
      last_error: upload.stuck.lastError,
      next_try_at: upload.stuck.nextTryAt,
    },
  };
}

/** A file with everybody who holds it, likewise. */
export function describeFile(file: FileDetail): FileAnswer {
  return {
    file_id: file.fileId,
    provider: file.provider,
    uploads: file.uploads.map(describeUpload),
    lease_ids: [...file.leaseIds],
  };
}

/** The statistics likewise, with their sums. */
export function describeFileStats(providers: readonly ProviderFileStats[]) {
  const sum = (of: (one: ProviderFileStats) => number): number =>
    providers.reduce((total, one) => total + of(one), 0);
  return {
    dedupe_hits: sum((one) => one.dedupeHits),
    bytes_saved: sum((one) => one.bytesSaved),
    providers: providers.map((one) => ({
      provider: one.provider,
      live_files: one.liveFiles,
      live_bytes: one.liveBytes,
      uploads: one.uploads,
      dedupe_hits: one.dedupeHits,
      bytes_saved: one.bytesSaved,
      failed: one.failed,
      deleting: one.deleting,
      stuck: one.stuck,
    })),
  };
}
