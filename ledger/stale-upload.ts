/**
 * Whether nobody ended an unsettled upload in the time it may take, and its sender is silent, as a condition on a row `u`
 * of `provider_file_uploads`; the parameter holds that time in milliseconds.
 */
export function isStale(afterMs: string): string {
  return `u.upload_status <> 'failed' AND u.created_at < now() - ${afterMs}::float8 * interval '1 ms'
    AND coalesce(u.sender_until, u.created_at) < clock_timestamp()`;
}
