/** The public face of the room: the leases as `api/` and as `activities/` see them. */
import { acquire, settleFlights, type Flights } from './acquire.ts';
import { applyCommand } from './apply-command.ts';
import { readCapacity } from './capacity.ts';
import { createClaimPlace } from './claim-place.ts';
import type { LeaseKeeper, Leases, SweepKeeper } from './contract.ts';
import { deleteFiles } from './delete-files.ts';
import { deleteStore } from './delete-store.ts';
import type { LeaseDeps, OftenDeps } from './deps.ts';
import { cleanup, nuke } from './end-many.ts';
import { force } from './force.ts';
import { setProtected } from './protect.ts';
import { pruneHistory } from './prune.ts';
import { getLease, listPage } from './read.ts';
import { reconcile } from './reconcile.ts';
import { createKnownEntries } from './known-entries.ts';
import { createOften } from './often.ts';
import { register } from './register.ts';
import { release } from './release.ts';
import { renew } from './renew.ts';
import { createSweepKeeper } from './sweep/index.ts';
import { listOrphans, sweepState } from './sweep/orphans.ts';
import { settleAbandoned } from './settle-abandoned.ts';
import { syncStoreExpiry } from './sync-expiry.ts';
import { track } from './track.ts';

export type { LeaseKeeper, LeaseMeter, Leases, SessionNotifier, SweepKeeper } from './contract.ts';
export type { LeaseDeps } from './deps.ts';
export { checkCluster } from './cluster.ts';
export {
  deletionsPaused,
  deletionsStatus,
  pause as pauseDeletions,
  resume as resumeDeletions,
} from '../deletion/deletions.ts';
export { howFar, releaseAll, theRest, type LeasesLeft, type ReleaseWish } from './empty.ts';
export { guardDeletions } from '../deletion/guard-deletions.ts';
export { openInstallation, type Identity } from './installation.ts';
export { beginLedger, LedgerRefused, startLedger, type LedgerStart } from './start-ledger.ts';
export { every } from './every.ts';
export { keepPulse } from './keep-pulse.ts';
export { adoptStore } from './sweep/adopt.ts';
export {
  chosenStores,
  lastListing,
  type Choice,
  type NewestListing,
  type StrayStore,
} from './sweep/choose.ts';
export { notGone, removeStore } from './sweep/remove.ts';
export { createSessionHolder } from './session-holder.ts';
export { leaseSettings, type LeaseSettings } from './settings.ts';

function withMemory(deps: LeaseDeps): OftenDeps {
  return {
    ...deps,
    often: createOften(deps.ledger),
    known: createKnownEntries(() => deps.ledger.stats().opened),
    claimPlace: createClaimPlace(deps),
  };
}

/** The leases for callers over HTTP. */
export function createLeases(deps: LeaseDeps): Leases {
  const flights: Flights = new Map();
  const room: OftenDeps = withMemory(deps);
  return {
    acquire: (request) => acquire(room, flights, request),
    renew: (request) => renew(room, request),
    track: (request) => track(room, request),
    register: (request) => register(deps, request),
    release: (request) => release(deps, request),
    force: (request) => force(deps, request),
    setProtected: (sessionId, protect) => setProtected(deps, sessionId, protect),
    get: (sessionId) => getLease(deps, sessionId),
    list: (request) => listPage(deps, request),
    capacity: () => readCapacity(deps),
    orphans: (request) => listOrphans(deps, request),
    sweepState: () => sweepState(deps),
    cleanup: (waitMs) => cleanup(deps, waitMs),
    nuke: (registered, waitMs) => nuke(deps, registered, waitMs),
    settle: (waitMs) => settleFlights(flights, waitMs),
  };
}

/** The same leases for the session workflow's activities. */
export function createLeaseKeeper(deps: LeaseDeps): LeaseKeeper & SweepKeeper {
  const room: OftenDeps = withMemory(deps);
  return {
    reconcile: (sessionId, instanceId) => reconcile(deps, sessionId, instanceId),
    applyCommand: (sessionId, command) => applyCommand(room, sessionId, command),
    settleClaim: (leaseId) => settleAbandoned(deps, leaseId),
    syncStoreExpiry: (leaseId, context) => syncStoreExpiry(deps, leaseId, context),
    deleteFiles: (leaseId, context) => deleteFiles(deps, leaseId, context),
    deleteStore: (leaseId, context) => deleteStore(deps, leaseId, context),
    pruneHistory: () => pruneHistory(deps),
    ...createSweepKeeper(deps),
  };
}
