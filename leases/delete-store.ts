import type { DrainOutcome } from '../activities/contract.ts';
import { closeLease } from '../ledger/queries/close-lease.ts';
import { doomStores, type DoomedStore } from '../ledger/queries/doom-stores.ts';
import { drainState, type DrainState } from '../ledger/queries/drain-state.ts';
import { letGoStore } from '../ledger/queries/let-go-store.ts';
import { storeDeleted } from '../ledger/queries/store-deleted.ts';
import { storeNotFound } from '../ledger/queries/store-not-found.ts';
import type { Thing } from '../deletion/absence.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { deleteFiles } from './delete-files.ts';
import { deletionsPaused } from '../deletion/deletions.ts';
import { listAttached, type Unlisted } from './list-attached.ts';
import { obstacleOf, recordObstacle, recordPause } from './pass-result.ts';
import { afterDenial, attempt, type Verdict } from '../deletion/proof.ts';
import { settleAttached } from './settle-attached.ts';
import { LISTINGS_NEEDED, lookForStores } from './uncertain.ts';

interface Try {
  readonly context: PassContext;
  readonly unlisted: Unlisted | undefined;
}

async function verdictOn(deps: LeaseDeps, store: DoomedStore, { context, unlisted }: Try): Promise<Verdict> {
  const { providerDeadlineMs: deadlineMs } = deps.settings;
  const { signal } = context;
  const thing: Thing = { kind: 'store', id: store.storeId };
  if (unlisted === undefined) {
    const run = async () => deps.provider.deleteStore(store.storeId, { deadlineMs, signal });
    return attempt(deps, store, { signal, run, thing });
  }
  if ('verdict' in unlisted) return unlisted.verdict;
  return afterDenial(deps, { target: store, thing, signal }, unlisted.missing);
}

async function deleteOne(deps: LeaseDeps, store: DoomedStore, step: Try): Promise<Verdict> {
  const { provider, baseUrl } = deps.provider.account;
  const key = { provider, baseUrl, storeId: store.storeId };
  const verdict = await verdictOn(deps, store, step);
  if (verdict.kind === 'gone') await storeDeleted(deps.ledger, key);
  if (verdict.kind === 'wait' && verdict.firstNotFound) await storeNotFound(deps.ledger, key);
  step.context.heartbeat();
  return verdict;
}

async function close(deps: LeaseDeps, state: DrainState): Promise<boolean> {
  const closed = await closeLease(deps.ledger, state.leaseId, LISTINGS_NEEDED);
  if (closed === undefined) return false;
  deps.meter.gone(closed.lateMs, closed.drainMs);
  deps.log.info({
    event: 'drain_finished',
    session_id: closed.sessionId,
    lease_id: state.leaseId,
    vector_store_id: state.vectorStoreId,
    reason: state.endReason,
    drain_ms: Math.round(closed.drainMs),
  });
  return true;
}

const NONE: ReadonlyMap<string, Unlisted> = new Map();

/** Stores one after the other: there is one, but for leases whose create was uncertain. What they hold is listed before. */
async function deleteAll(
  deps: LeaseDeps,
  state: DrainState,
  context: PassContext,
): Promise<readonly Verdict[]> {
  if (state.letGo) await letGoStore(deps.ledger, state.leaseId);
  const listing = await lookForStores(deps, state, context);
  const verdicts: Verdict[] = listing === undefined ? [] : [listing];
  const doomed = await doomStores(deps.ledger, state.leaseId);
  const unlisted = doomed.length === 0 ? NONE : await listAttached(deps, state, context);
  for (const store of doomed) {
    context.signal.throwIfAborted();
    verdicts.push(await deleteOne(deps, store, { context, unlisted: unlisted.get(store.storeId) }));
  }
  const settled = await settleAttached(deps, state, context);
  if (settled.doomed > 0) await deleteFiles(deps, state.leaseId, context);
  verdicts.push(...settled.obstacles);
  return verdicts.filter((verdict) => verdict.kind !== 'gone');
}

/** One try at every store of a draining lease; closes it once stores and files are all proven gone. */
export async function deleteStore(
  deps: LeaseDeps,
  leaseId: string,
  context: PassContext,
): Promise<DrainOutcome> {
  const state = await drainState(deps.ledger, leaseId);
  if (state?.state !== 'draining') return { closed: true, waitMs: 0 };
  if (!state.letGo && (await deletionsPaused(deps.ledger)) !== undefined) return recordPause(deps, state);
  const obstacles = await deleteAll(deps, state, context);
  if (await close(deps, state)) return { closed: true, waitMs: 0 };
  const pass = { part: 'stores', state } as const;
  // Without an obstacle the stores are gone and files are left: their own pass has recorded when to come back.
  return recordObstacle(deps, pass, obstacleOf(obstacles));
}
