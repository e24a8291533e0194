import { ServiceError } from '../../domain/errors.ts';
import { filesOfId, leasesOfFiles, uploadsOfFiles } from '../../ledger/queries/files-detail.ts';
import type { FileDetail, FileRef } from '../contract.ts';
import type { FileDeps } from '../deps.ts';
import { stuckAfterMs } from './stuck-after.ts';

/** More users of one file than a person reads. */
const MOST_SHOWN = 1_000;

/**
 * A file with everybody who holds it, or has. Throws `FILE_NOT_FOUND` where nobody uploaded it, and
 * `FILE_ID_AMBIGUOUS` where several providers have that id and none is named.
 */
export async function fileDetail({ ledger, settings }: FileDeps, ref: FileRef): Promise<FileDetail> {
  const { fileId, provider } = ref;
  const files = await filesOfId(ledger, fileId, provider);
  const [first, ...others] = files;
  if (first === undefined) throw new ServiceError('FILE_NOT_FOUND');
  if (others.some((other) => other.provider !== first.provider)) throw new ServiceError('FILE_ID_AMBIGUOUS');
  // Of one provider under two addresses they are told as one.
  const fileKeys = files.map(({ fileKey }) => fileKey);
  const [uploads, leaseIds] = await Promise.all([
    uploadsOfFiles(ledger, fileKeys, { limit: MOST_SHOWN, stuckAfterMs: stuckAfterMs(settings) }),
    leasesOfFiles(ledger, fileKeys, MOST_SHOWN),
  ]);
  return { fileId, provider: first.provider, uploads, leaseIds };
}
