/**
 * Who holds a file, as conditions that several statements share. `fileKey` is the column to compare with; states come
 * as a parameter, see `states.ts`, and `OFFSET 0` has each file looked up by its key. Good only where the file's row was
 * locked by a statement before.
 */

/** A lease in one of the states tracks the file. */
export function trackedBy(fileKey: string, states: string): string {
  return `EXISTS (SELECT FROM lease_entry e JOIN lease l USING (lease_id)
    WHERE e.file_key = ${fileKey} AND l.state = ANY (${states}::text[]) OFFSET 0)`;
}

/** A user's upload holds the file by itself, until its retention; `completed` is the parameter of that status. */
export function heldByUpload(fileKey: string, completed: string): string {
  return `EXISTS (SELECT FROM provider_file_uploads h
    WHERE h.file_key = ${fileKey} AND h.plain AND h.upload_status = ${completed} OFFSET 0)`;
}

/** When the last of the leases ended that tracked the file; null where none has. */
export function leaseEndOf(fileKey: string): string {
  return `(SELECT max(l.ended_at) FROM lease_entry e JOIN lease l USING (lease_id) WHERE e.file_key = ${fileKey})`;
}

/** An uploaded file `f` that waits for its deletion, or for the proof: the rows of the index `file_due`. */
export const FILE_DUE = `f.uploaded AND f.deleted_at IS NOT NULL AND f.provider_deleted_at IS NULL AND f.abandoned_at IS NULL`;
