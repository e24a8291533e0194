/**
 * When a recorded upload answers for its content, as a condition that several statements share: `u` is the upload,
 * `f` its file. Deleted, marked and, by the provider's own limit, expired ones never do.
 */
export const ANSWERS = `u.upload_status = 'completed' AND u.deleted_at IS NULL AND f.deleted_at IS NULL
    AND (u.expires_at IS NULL OR u.expires_at > clock_timestamp())`;
