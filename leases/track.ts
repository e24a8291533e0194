import { ServiceError } from '../domain/errors.ts';
import { isFileId } from '../domain/ids.ts';
import type { Db } from '../ledger/index.ts';
import { lockFiles } from '../ledger/queries/lock-files.ts';
import { lockLiveLease } from '../ledger/queries/lock-live-lease.ts';
import { track as trackStatement, type Entry, type TrackedRow } from '../ledger/queries/track.ts';
import type { Tracked, TrackRequest } from './contract.ts';
import type { LeaseDeps, OftenDeps } from './deps.ts';
import { fenceOf, leaseTimes, toHeld } from './held.ts';
import { whyNotLive } from './not-live.ts';

/** Most entries one lease tracks, ids and paths together. */
const MAX_ENTRIES = 100_000;

/** What a lease is to track besides; each list without duplicates. */
interface Wish {
  readonly sessionId: string;
  readonly fence: string | null;
  readonly fileIds: readonly string[];
  readonly filePaths: readonly string[];
}

async function write(
  deps: LeaseDeps,
  db: Db,
  wish: Wish & { readonly entries: readonly Entry[] },
): Promise<TrackedRow> {
  const row = await trackStatement(db, {
    sessionId: wish.sessionId,
    leaseId: wish.fence,
    entries: wish.entries,
    maxEntries: MAX_ENTRIES,
    ...leaseTimes(deps.settings),
  });
  if (row === undefined) throw await whyNotLive(db, wish.sessionId, wish.fence);
  if (row.full) throw new ServiceError('LEASE_FULL');
  return row;
}

/**
 * Renews and adds within a transaction that holds no lock yet: lease first, then files in the order of their ids, the
 * order every other transaction locks in.
 */
export async function trackLocked(
  deps: LeaseDeps,
  db: Db,
  wish: Wish & { readonly realIds: readonly string[] },
): Promise<TrackedRow & { readonly keys: ReadonlyMap<string, string> }> {
  const { provider, baseUrl } = deps.provider.account;
  const leaseId = await lockLiveLease(db, wish.sessionId, wish.fence);
  if (leaseId === undefined) throw await whyNotLive(db, wish.sessionId, wish.fence);
  const files = await lockFiles(db, { provider, baseUrl, accountId: deps.accountId }, wish.realIds);
  if (files.some((file) => file.beingDeleted)) throw new ServiceError('FILE_BEING_DELETED');
  const keys = new Map(files.map((file) => [file.fileId, file.fileKey]));
  return { ...(await write(deps, db, { ...wish, entries: toEntries(wish, keys) })), keys };
}

function toEntries(wish: Wish, keys: ReadonlyMap<string, string>): Entry[] {
  return [
    ...wish.fileIds.map((entry): Entry => ({ kind: 'id', entry, fileKey: keys.get(entry) ?? null })),
    ...wish.filePaths.map((entry): Entry => ({ kind: 'path', entry, fileKey: null })),
  ];
}

const unchanged = (row: { readonly leaseId: string; readonly leftMs: number | null }): TrackedRow => ({
  leaseId: row.leaseId,
  leftMs: row.leftMs,
  added: 0,
  full: false,
});

/**
 * Renews the lease that is known to track all of this, if it is the live one still. Tells nothing where the renewal
 * may have been made in a ledger that knows less: one behind a connection opened meanwhile.
 */
async function knownToTrack(
  deps: OftenDeps,
  { sessionId, leaseId: fence }: TrackRequest,
  key: string | undefined,
): Promise<TrackedRow | undefined> {
  const epoch = deps.known.epoch();
  const leaseId = key === undefined ? undefined : deps.known.leaseOf(key);
  if (leaseId === undefined || (fence !== null && fence !== leaseId)) return undefined;
  const row = await deps.often.renew({ sessionId, leaseId, ...leaseTimes(deps.settings) });
  return row && deps.known.epoch() === epoch ? unchanged(row) : undefined;
}

/** The same where only the ledger can tell. */
async function alreadyTracked(deps: OftenDeps, wish: Wish): Promise<TrackedRow | undefined> {
  const { sessionId, fileIds, filePaths } = wish;
  const times = leaseTimes(deps.settings);
  const { leaseMs } = times;
  const tracking = { sessionId, leaseId: wish.fence, leaseMs, fileIds, filePaths };
  const known = await deps.often.trackKnown(tracking);
  if (known === undefined || known.fresh) return known && unchanged(known);
  const row = await deps.often.renew({ sessionId, leaseId: known.leaseId, ...times });
  return row && unchanged(row);
}

async function unknownToTrack(deps: OftenDeps, request: TrackRequest): Promise<TrackedRow> {
  const wish: Wish = {
    sessionId: request.sessionId,
    fence: fenceOf(request.leaseId),
    fileIds: [...new Set(request.fileIds)],
    filePaths: [...new Set(request.filePaths)],
  };
  const known = await alreadyTracked(deps, wish);
  if (known !== undefined) return known;
  const realIds = wish.fileIds.filter(isFileId);
  if (realIds.length > 0) return deps.ledger.transaction((db) => trackLocked(deps, db, { ...wish, realIds }));
  return write(deps, deps.ledger, { ...wish, entries: toEntries(wish, new Map()) });
}

/** Renews the live lease and adds ids and paths to what it tracks; changes nothing when it throws. */
export async function track(deps: OftenDeps, request: TrackRequest): Promise<Tracked> {
  const key = deps.known.keyOf(request);
  let row = await knownToTrack(deps, request, key);
  if (row === undefined) {
    const epoch = deps.known.epoch();
    row = await unknownToTrack(deps, request);
    if (key !== undefined) deps.known.remember(key, { leaseId: row.leaseId, epoch });
  }
  deps.log.info({
    event: 'files_tracked',
    session_id: request.sessionId,
    lease_id: row.leaseId,
    request_id: request.requestId,
    tracked: row.added,
  });
  return { ...toHeld(row, deps.settings), tracked: row.added };
}
