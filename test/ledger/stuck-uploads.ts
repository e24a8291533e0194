/** Uploads and files in trouble, written down as if it had come so. */
import type { FileBench } from './files-kit.ts';

/** The upload has ended and its file is to be deleted. */
export async function endUpload(bench: FileBench, uploadId: string, reason = 'manual'): Promise<void> {
  await bench.sql(
    `UPDATE provider_file_uploads SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = $2
     WHERE upload_id = $1`,
    [uploadId, reason],
  );
  await bench.sql(
    `UPDATE file SET deleted_at = clock_timestamp(), next_try_at = clock_timestamp()
     WHERE file_key = (SELECT file_key FROM provider_file_uploads WHERE upload_id = $1)`,
    [uploadId],
  );
}

/** Its deletion keeps failing. */
export const makeStuck = (bench: FileBench, fileId: string) =>
  bench.sql(
    `UPDATE file SET attempts = 7, stuck_at = timestamptz '2026-01-02 03:04:05Z', last_error = 'delete_file: denied',
       next_try_at = timestamptz '2026-01-02 04:04:05Z' WHERE provider_file_id = $1`,
    [fileId],
  );

/** Of two files at the provider nobody knows which it is. */
export const listCandidates = (bench: FileBench, uploadId: string) =>
  bench.sql(
    `UPDATE provider_file_uploads SET candidates = '{file-x,file-y}', attempts = 2, last_error = 'two files could be it',
       next_try_at = timestamptz '2026-01-02 05:04:05Z' WHERE upload_id = $1`,
    [uploadId],
  );

/** The provider could not be asked. */
export const failListing = (bench: FileBench, uploadId: string) =>
  bench.sql(
    `UPDATE provider_file_uploads SET attempts = 9, last_error = 'list_files: denied' WHERE upload_id = $1`,
    [uploadId],
  );
