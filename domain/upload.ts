/** The states of an upload, as `docs/files.md` describes them. */
export const UPLOAD_STATUSES = ['pending', 'uploading', 'completed', 'failed', 'deleted'] as const;
export type UploadStatus = (typeof UPLOAD_STATUSES)[number];

/** Why an upload was let go. `quota_exceeded` is the reference's; nothing here deletes for that. */
export const DELETION_REASONS = ['expired', 'manual', 'orphaned', 'quota_exceeded', 'lease_ended'] as const;
export type DeletionReason = (typeof DELETION_REASONS)[number];

/** Whose upload it is where the caller names nobody. */
export const ANONYMOUS = 'anonymous';
