import {
  ActivityFailure,
  CancellationScope,
  isCancellation,
  log,
  proxyActivities,
  sleep,
} from '@temporalio/workflow';
import type { LiveView, ProviderActivities } from '../activities/contract.ts';
import { PROVIDER_CALL } from './activity-options.ts';
import { counted, type SessionRun } from './run.ts';

/** A provider call that a live lease needs, beside the loop. Kept while the need lasts, so that tries slow down. */
export interface Errand {
  readonly name: string;
  readonly scope: CancellationScope;
  running: boolean;
  tries: number;
}

type Call = (activities: ProviderActivities) => Promise<void>;

/** Wait before the second try of the same errand; doubles. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/** Starts what the live lease needs and is not under way; drops what it needs no more. */
export function tendErrands(run: SessionRun, live: LiveView | null): void {
  const needs = live === null ? new Map<string, Call>() : needsOf(run, live);
  for (const [name, errand] of run.errands) {
    if (needs.has(name)) continue;
    run.errands.delete(name);
    errand.scope.cancel();
  }
  for (const [name, call] of needs) {
    const errand = run.errands.get(name) ?? newErrand(run, name);
    if (!errand.running) void start(run, errand, call);
  }
}

/** By name; the name holds the lease id, so that the next lease's errand is another one. */
function needsOf(run: SessionRun, live: LiveView): Map<string, Call> {
  const ref = { leaseId: live.leaseId, sessionId: run.input.sessionId };
  const needs = new Map<string, Call>();
  if (live.claimAbandoned) {
    needs.set(`settle the claim of ${live.leaseId}`, (activities) => activities.settleClaim(ref));
  }
  if (live.expiryOutOfDate) {
    needs.set(`set the provider's expiry for ${live.leaseId}`, (activities) =>
      activities.syncStoreExpiry(ref),
    );
  }
  return needs;
}

function newErrand(run: SessionRun, name: string): Errand {
  const errand: Errand = { name, scope: new CancellationScope(), running: false, tries: 0 };
  run.errands.set(name, errand);
  return errand;
}

async function start(run: SessionRun, errand: Errand, call: Call): Promise<void> {
  errand.running = true;
  try {
    await errand.scope.run(() => tryOnce(run, errand, call));
  } catch (error) {
    if (!isCancellation(error)) {
      if (!(error instanceof ActivityFailure)) throw error;
      log.warn('a call for a live lease failed', { errand: errand.name, error: String(error.cause) });
    }
  } finally {
    errand.running = false;
    run.dirty = true;
  }
}

async function tryOnce(run: SessionRun, errand: Errand, call: Call): Promise<void> {
  if (errand.tries > 0)
    await sleep(Math.min(MAX_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(errand.tries - 1, 16)));
  errand.tries += 1;
  const activities = proxyActivities<ProviderActivities>({ ...PROVIDER_CALL, summary: errand.name });
  await counted(run, () => call(activities));
}
