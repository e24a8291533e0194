import { ServiceError } from '../domain/errors.ts';
import { filesOfId } from '../ledger/queries/files-detail.ts';
import { markFiles } from '../ledger/queries/mark-files.ts';
import { endHold, hasDropped } from '../ledger/queries/upload-drop.ts';
import { lockFile } from '../ledger/queries/upload-locks.ts';
import type { Dropped, FileRef } from './contract.ts';
import type { FileDeps } from './deps.ts';

type Outcome = 'deleting' | 'in_use' | 'no_hold';

/** Ends the hold and marks the file in one transaction under the file's lock: nobody comes to hold it in between. */
async function dropOne({ ledger }: FileDeps, fileKey: string, userId: string): Promise<Outcome> {
  return ledger.transaction(async (db) => {
    const file = await lockFile(db, fileKey);
    if (await endHold(db, fileKey, userId)) {
      const [doomed] = await markFiles(db, [fileKey]);
      return doomed?.marked === true ? 'deleting' : 'in_use';
    }
    return file?.marked === true && (await hasDropped(db, fileKey, userId)) ? 'deleting' : 'no_hold';
  });
}

async function keysOf({ ledger }: FileDeps, { fileId, provider }: FileRef): Promise<readonly string[]> {
  const files = await filesOfId(ledger, fileId, provider);
  if (new Set(files.map((file) => file.provider)).size > 1) throw new ServiceError('FILE_ID_AMBIGUOUS');
  return files.map(({ fileKey }) => fileKey);
}

/**
 * Ends the user's hold on a file, which is deleted where nobody else holds it; the same again while that is under way
 * says the same. Throws `FILE_NOT_FOUND` where the user holds no such file, `FILE_ID_AMBIGUOUS`, and, after the hold has
 * ended, `FILE_IN_USE`.
 */
export async function drop(
  deps: FileDeps,
  wish: FileRef & { readonly userId: string; readonly requestId: string },
): Promise<Dropped> {
  const outcomes: Outcome[] = [];
  // More than one only where a provider was reached under several addresses.
  for (const fileKey of await keysOf(deps, wish)) outcomes.push(await dropOne(deps, fileKey, wish.userId));
  const ended = outcomes.filter((outcome) => outcome !== 'no_hold');
  if (ended.length === 0) throw new ServiceError('FILE_NOT_FOUND');
  const deleting = ended.includes('deleting');
  deps.log.info({ event: 'file_dropped', request_id: wish.requestId, file_id: wish.fileId, deleting });
  if (deleting) deps.notifier.due();
  if (ended.includes('in_use')) throw new ServiceError('FILE_IN_USE');
  return { status: 'deleting' };
}
