import {
  ActivityFailure,
  CancellationScope,
  condition,
  isCancellation,
  log,
  proxyActivities,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { DrainActivities, DrainOutcome, DrainView } from '../activities/contract.ts';
import { DRAIN_PASS, drainTaskQueue } from './activity-options.ts';
import { counted, type SessionRun } from './run.ts';

/** A drain under way: the coroutine that deletes what one lease held. */
export interface Drain {
  readonly scope: CancellationScope;
  /** How many looks had begun when the wait for the next pass began; null while a pass runs. */
  restingSinceLook: number | null;
  wake: boolean;
}

/** Least pause between two passes, so that no answer of an activity can make the loop run hot. */
const MIN_REST_MS = 250;
/** Pause after a pass that failed for good, which only a fault of our own brings about. */
const FAULT_REST_MS = 60_000;

/** Starts a drain for each draining lease that has none, wakes those that are due, drops those whose lease left. */
export function tendDrains(run: SessionRun, draining: readonly DrainView[]): void {
  for (const lease of draining) {
    const drain = run.drains.get(lease.leaseId);
    if (drain === undefined) startDrain(run, lease);
    else if (lease.waitMs <= 0 && isResting(drain, run.looksDone)) drain.wake = true;
  }
  const wanted = new Set(draining.map((lease) => lease.leaseId));
  for (const [leaseId, drain] of run.drains) {
    if (wanted.has(leaseId)) continue;
    run.drains.delete(leaseId);
    drain.scope.cancel();
  }
}

/** A look that began before the rest tells of the time before the pass: it must not cut the rest short. */
function isResting(drain: Drain, look: number): boolean {
  return drain.restingSinceLook !== null && look > drain.restingSinceLook;
}

function startDrain(run: SessionRun, lease: DrainView): void {
  const drain: Drain = { scope: new CancellationScope(), restingSinceLook: null, wake: false };
  run.drains.set(lease.leaseId, drain);
  void drain.scope
    .run(() => drainUntilClosed(run, drain, lease))
    .catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    })
    .finally(() => {
      if (run.drains.get(lease.leaseId) === drain) run.drains.delete(lease.leaseId);
      run.dirty = true;
    });
}

async function drainUntilClosed(run: SessionRun, drain: Drain, lease: DrainView): Promise<void> {
  let waitMs = lease.waitMs;
  for (;;) {
    if (waitMs > 0) await rest(run, drain, waitMs);
    const outcome = await passOrRest(run, lease);
    if (outcome.closed) return;
    waitMs = Math.max(MIN_REST_MS, outcome.waitMs);
    // The ledger now knows attempts and error: what the query and the details show has to follow.
    run.dirty = true;
  }
}

async function rest(run: SessionRun, drain: Drain, waitMs: number): Promise<void> {
  drain.restingSinceLook = run.looksBegun;
  drain.wake = false;
  await condition(() => drain.wake, Math.ceil(waitMs));
  drain.restingSinceLook = null;
}

async function passOrRest(run: SessionRun, lease: DrainView): Promise<DrainOutcome> {
  try {
    return await pass(run, lease);
  } catch (error) {
    if (isCancellation(error) && CancellationScope.current().consideredCancelled) throw error;
    if (!(error instanceof ActivityFailure)) throw error;
    log.error('a pass over a draining lease failed', { leaseId: lease.leaseId, error: String(error.cause) });
    return { closed: false, waitMs: FAULT_REST_MS };
  }
}

/** Files first, then the store, whatever became of the files: one that cannot be deleted holds back nothing. */
async function pass(run: SessionRun, lease: DrainView): Promise<DrainOutcome> {
  const ref = { leaseId: lease.leaseId, sessionId: run.input.sessionId };
  const activities = drainActivities(lease);
  const filesWaitMs = hasFiles(run, lease) ? await deleteAllFiles(run, () => activities.deleteFiles(ref)) : 0;
  const store = await counted(run, () => activities.deleteStore(ref));
  return { closed: store.closed, waitMs: Math.max(store.waitMs, filesWaitMs) };
}

/** Pass after pass while more is left than one may take; returns how long those that failed want to wait. */
async function deleteAllFiles(run: SessionRun, onePass: () => Promise<DrainOutcome>): Promise<number> {
  for (;;) {
    const files = await counted(run, onePass);
    if (files.closed || files.waitMs > 0) return files.waitMs;
    await sleep(MIN_REST_MS);
  }
}

function hasFiles(run: SessionRun, lease: DrainView): boolean {
  return run.view?.draining.some((seen) => seen.leaseId === lease.leaseId && seen.hasFiles) ?? false;
}

function drainActivities(lease: DrainView): Pick<DrainActivities, 'deleteFiles' | 'deleteStore'> {
  const options = { ...DRAIN_PASS, taskQueue: drainTaskQueue(workflowInfo().taskQueue) };
  const store = lease.vectorStoreId ?? `stores of lease ${lease.leaseId}`;
  const files = proxyActivities<DrainActivities>({ ...options, summary: `delete files of ${lease.leaseId}` });
  const stores = proxyActivities<DrainActivities>({ ...options, summary: `delete ${store}` });
  return { deleteFiles: files.deleteFiles, deleteStore: stores.deleteStore };
}
