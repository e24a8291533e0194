import { randomUUID } from 'node:crypto';
import { isServiceError, ServiceError } from '../domain/errors.ts';
import type { Db } from '../ledger/index.ts';
import { hitAgain, hitFirst, type Hit } from '../ledger/queries/upload-hit.ts';
import { lockFile, lockUser } from '../ledger/queries/upload-locks.ts';
import type { Call, Kept, UploadDeps } from './call.ts';

/** A file that has the content. */
export interface Found {
  readonly fileKey: string;
  readonly fileId: string;
  readonly unseenForMs: number;
}

function hitOf(deps: UploadDeps, { request, store }: Call, { fileKey, unseenForMs }: Found): Hit {
  const { userId, filename, mimeType } = request;
  const sessionId = store === null ? null : request.sessionId;
  const { userQuotaBytes: quotaBytes } = deps.settings;
  return {
    uploadId: randomUUID(),
    fileKey,
    userId,
    sessionId,
    filename,
    mimeType,
    unseenForMs,
    quotaBytes,
  };
}

/** Locks the file, through the session's lease where there is one; throws `FILE_BEING_DELETED` where it is marked. */
async function lockFound(deps: UploadDeps, db: Db, of: { call: Call; found: Found }): Promise<Kept | null> {
  const { request, store } = of.call;
  const { fileKey, fileId } = of.found;
  if (store !== null && request.sessionId !== null) {
    const wish = { sessionId: request.sessionId, leaseId: store.leaseId, fileId };
    const { leaseId, secondsLeft } = await deps.sessions.track(db, wish);
    return { leaseId, secondsLeft };
  }
  const file = await lockFile(db, fileKey);
  if (file?.marked !== false) throw new ServiceError('FILE_BEING_DELETED');
  return null;
}

async function hold(deps: UploadDeps, call: Call, found: Found): Promise<Kept | null | 'busy'> {
  const hit = hitOf(deps, call, found);
  // The usual repetition: the user holds it already, and one statement counts it.
  if (call.store === null && (await hitAgain(deps.ledger, hit))) return null;
  return deps.ledger.transaction(async (db) => {
    if (!(await lockUser(db, hit.userId))) return 'busy';
    const lease = await lockFound(deps, db, { call, found });
    if (await hitAgain(db, hit)) return lease;
    const held = await hitFirst(db, hit);
    if (held === 'over_quota') throw new ServiceError('QUOTA_EXCEEDED');
    if (held === 'lost') throw new ServiceError('FILE_BEING_DELETED');
    return lease;
  });
}

/**
 * Has the user, and the session's lease, hold a file that is there already. `lost`: it is no longer to be had. `busy`:
 * somebody counts at the moment for the same user. Throws `QUOTA_EXCEEDED` where it is too much for the user, and what
 * the lease says.
 */
export async function takeHit(
  deps: UploadDeps,
  call: Call,
  found: Found,
): Promise<{ readonly lease: Kept | null } | 'lost' | 'busy'> {
  try {
    const lease = await hold(deps, call, found);
    return lease === 'busy' ? lease : { lease };
  } catch (error) {
    if (isServiceError(error, 'FILE_BEING_DELETED')) return 'lost';
    throw error;
  }
}
