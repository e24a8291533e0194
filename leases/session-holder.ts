import { ServiceError } from '../domain/errors.ts';
import type { Db } from '../ledger/index.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';
import { renew } from '../ledger/queries/renew.ts';
import type { LeaseDeps } from './deps.ts';
import { fenceOf, leaseTimes, toHeld } from './held.ts';
import { whyNotLive } from './not-live.ts';
import { trackLocked } from './track.ts';

/** The live lease that an upload is for. */
interface UploadTarget {
  readonly leaseId: string;
  readonly storeId: string;
}

interface FileHold {
  readonly sessionId: string;
  readonly leaseId: string;
  readonly fileId: string;
}

/** Renews the lease, so that an upload begun within it has a whole lease's time. */
async function storeOf(deps: LeaseDeps, sessionId: string, leaseId: string | null): Promise<UploadTarget> {
  if (!deps.provider.offersStores) throw new ServiceError('PROVIDER_HAS_NO_STORES');
  const fence = fenceOf(leaseId);
  const row = await renew(deps.ledger, { sessionId, leaseId: fence, ...leaseTimes(deps.settings) });
  const seen = row && (await lookAtSession(deps.ledger, sessionId));
  if (row === undefined || seen?.leaseId !== row.leaseId || seen.vectorStoreId === null) {
    throw await whyNotLive(deps.ledger, sessionId, fence);
  }
  return { leaseId: row.leaseId, storeId: seen.vectorStoreId };
}

async function track(deps: LeaseDeps, db: Db, { sessionId, leaseId, fileId }: FileHold) {
  const wish = { sessionId, fence: leaseId, fileIds: [fileId], filePaths: [], realIds: [fileId] };
  const row = await trackLocked(deps, db, wish);
  const fileKey = row.keys.get(fileId);
  if (fileKey === undefined) throw new Error(`the file ${fileId} was locked and has no row`);
  return { fileKey, ...toHeld(row, deps.settings) };
}

/**
 * The leases as an upload for a session needs them; fits the files' port of the same name. `storeOf` throws
 * `SESSION_NOT_FOUND`, `LEASE_REPLACED`, `LEASE_SETTLING`, `PROVIDER_HAS_NO_STORES`; `track`, within a transaction that
 * holds no lock yet, besides `FILE_BEING_DELETED` and `LEASE_FULL`.
 */
export function createSessionHolder(deps: LeaseDeps) {
  return {
    storeOf: (sessionId: string, leaseId: string | null) => storeOf(deps, sessionId, leaseId),
    track: (db: Db, hold: FileHold) => track(deps, db, hold),
  };
}
