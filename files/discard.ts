import type { ServiceError } from '../domain/errors.ts';
import { lockFiles, type FileOwner } from '../ledger/queries/lock-files.ts';
import { markFiles } from '../ledger/queries/mark-files.ts';
import { discardUpload } from '../ledger/queries/upload-complete.ts';
import type { FileDeps } from './deps.ts';

/** A file that the provider has taken and nobody is to have. */
interface Unwanted {
  readonly uploadId: string;
  readonly fileId: string;
  readonly owner: FileOwner;
}

/**
 * Marks the file for deletion, unless somebody came to hold it by its id, and ends the upload: because its lease ended,
 * or else as one that nobody was told of. `why`: what stood in the way of its record.
 */
export async function discard(deps: FileDeps, unwanted: Unwanted, why: ServiceError): Promise<void> {
  const { uploadId, fileId, owner } = unwanted;
  const leaseEnded = why.code === 'SESSION_NOT_FOUND' || why.code === 'LEASE_REPLACED';
  await deps.ledger.transaction(async (db) => {
    for (const { fileKey } of await lockFiles(db, owner, [fileId])) {
      await discardUpload(db, { uploadId, fileId, fileKey }, leaseEnded ? 'lease_ended' : 'orphaned');
      await markFiles(db, [fileKey]);
    }
  });
  deps.notifier.due();
}
