import { isServiceError, ServiceError } from '../domain/errors.ts';
import { againWhileAway, type Db } from '../ledger/index.ts';
import type { FileOwner } from '../ledger/queries/lock-files.ts';
import { completeUpload } from '../ledger/queries/upload-complete.ts';
import type { Call, Candidate, Kept, UploadDeps } from './call.ts';
import { discard } from './discard.ts';

/** Pauses before the record is tried once more; a ledger that restarts is back within seconds. */
const PAUSES_MS = [100, 300, 1_000, 2_000];

/** A file that the provider has taken. */
export interface TakenFile {
  readonly uploadId: string;
  readonly candidate: Candidate;
  readonly fileId: string;
}

function ownerOf({ account, accountId }: Candidate): FileOwner {
  const { provider, baseUrl } = account.provider.account;
  return { provider, baseUrl, accountId };
}

/** Lease first, then the file, then the upload: the order every other transaction locks in. */
async function write(deps: UploadDeps, db: Db, of: { call: Call; taken: TakenFile }): Promise<Kept | null> {
  const { call, taken } = of;
  const { uploadId, fileId, candidate } = taken;
  const { sessionId } = call.request;
  const lease =
    call.store === null || sessionId === null
      ? null
      : await deps.sessions.track(db, { sessionId, leaseId: call.store.leaseId, fileId });
  const { keptDays } = candidate.account.limits;
  const completed = await completeUpload(db, { uploadId, fileId, owner: ownerOf(candidate), keptDays });
  // Settled meanwhile: whoever did so took this sender for dead, long after its time.
  if (!completed) throw new ServiceError('UPLOAD_TIMEOUT');
  return lease && { leaseId: lease.leaseId, secondsLeft: lease.secondsLeft };
}

/** Once at least; again while the ledger is away and there is time. A record whose answer got lost may be repeated. */
function writeAgain(deps: UploadDeps, call: Call, taken: TakenFile): Promise<Kept | null> {
  const once = () => deps.ledger.transaction((db) => write(deps, db, { call, taken }));
  return againWhileAway(once, PAUSES_MS, (pauseMs) => call.time.leftMs() >= pauseMs);
}

/**
 * Records that the provider has the file, and has the session's lease track it. Where the ledger is away the upload
 * stays as it is, and the upkeep settles it. Where the lease ended meanwhile, or the upload was settled, the file is let
 * go at once: nobody was told of it. Throws what stood in the way.
 */
export async function record(deps: UploadDeps, call: Call, taken: TakenFile): Promise<Kept | null> {
  try {
    return await writeAgain(deps, call, taken);
  } catch (error) {
    deps.meter.uploaded(taken.candidate.account.name, 'failed', call.request.file.sizeBytes);
    if (isServiceError(error) && error.code !== 'LEDGER_UNAVAILABLE') {
      await discard(deps, { ...taken, owner: ownerOf(taken.candidate) }, error);
    }
    throw error;
  }
}
