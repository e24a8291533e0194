import type { SweepRun } from '../../activities/contract.ts';
import { SIGHTINGS_NEEDED } from '../../domain/listed-store.ts';
import { storeExpiryDays } from '../../domain/store-tags.ts';
import { expiringStores, type ExpiringStore } from '../../ledger/queries/expiring-stores.ts';
import { loseStore } from '../../ledger/queries/lose-store.ts';
import { lostStores, type LiveStore } from '../../ledger/queries/missing-stores.ts';
import { ProviderFailure } from '../../providers/failure.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { createDeeds, type Deeds } from './deeds.ts';
import { keepFromExpiring } from './keep-from-expiring.ts';
import { openRun, pages, pulse, type OpenRun } from './run.ts';

const DAY_MS = 86_400_000;

interface Step {
  readonly deps: LeaseDeps;
  readonly run: OpenRun;
  readonly context: PassContext;
  readonly deeds: Deeds;
}

/** Ends the lease; its drain deletes its files and proves the store gone, and the next acquire makes a new one. */
async function lose({ deps, run, deeds }: Step, store: LiveStore, why: string): Promise<void> {
  const { storeId, leaseId, sessionId } = store;
  if (!run.dryRun) {
    if (!(await loseStore(deps.ledger, leaseId, storeId))) return;
    deps.notifier.changed(sessionId);
    deps.meter.storeLost();
    const fields = { session_id: sessionId, lease_id: leaseId, vector_store_id: storeId };
    deps.log.error({ event: 'store_lost', ...fields, reason: why });
  }
  deeds.count('store_lost');
  deeds.act({ storeId, leaseId, action: 'end_lease', why });
}

async function loseMissing(step: Step): Promise<void> {
  const { deps, run, context } = step;
  for (const accountId of run.accounts) {
    const of = { runId: run.runId, accountId, sightings: SIGHTINGS_NEEDED };
    for await (const page of pages((at) => lostStores(deps.ledger, of, at))) {
      await pulse(deps, run.runId, context);
      for (const store of page) await lose(step, store, 'its store is gone at the provider');
    }
  }
}

/** A listing says so; the provider has to say it of the store itself. */
async function isExpired({ deps, context }: Step, storeId: string): Promise<boolean> {
  try {
    const options = { deadlineMs: deps.settings.providerDeadlineMs, signal: context.signal };
    return (await deps.provider.retrieveStore(storeId, options)).status === 'expired';
  } catch (error) {
    // Missing altogether is for the next run to see.
    if (error instanceof ProviderFailure) return false;
    throw error;
  }
}

async function tendOne(step: Step, store: ExpiringStore): Promise<void> {
  const { deps, run, context, deeds } = step;
  if (store.expired) {
    if (await isExpired(step, store.storeId))
      await lose(step, store, 'its store has expired at the provider');
    return;
  }
  const { storeId, leaseId } = store;
  const why = `the provider would drop it at ${new Date(store.expiresAtMs ?? 0).toISOString()}`;
  if (!run.dryRun) {
    const outcome = await keepFromExpiring(deps, store, context.signal);
    deeds.count(`expiry_${outcome}`);
    deps.meter.expiryKept(outcome);
  }
  deeds.act({ storeId, leaseId, action: 'push_expiry', why });
}

/** When a store's expiry at the provider is to be pushed out: half of what it is set to. */
function soonMs({ settings }: LeaseDeps): number {
  return (storeExpiryDays(settings.storeExpiresAfterDays, settings.leaseSeconds) * DAY_MS) / 2;
}

/** Stops where the pass has taken long enough: the next sweep lists what was pushed, and goes on with the others. */
async function tendExpiring(step: Step): Promise<void> {
  const { deps, run, context } = step;
  const of = { ...run, soonMs: soonMs(deps) };
  const budgetEnds = performance.now() + deps.settings.passBudgetMs;
  for await (const page of pages((at) => expiringStores(deps.ledger, of, at))) {
    for (const store of page) {
      if (performance.now() > budgetEnds) return;
      await pulse(deps, run.runId, context);
      await tendOne(step, store);
    }
  }
}

/** Ends leases whose store is lost, and keeps the stores of the others from expiring at the provider. */
export async function tendStores(deps: LeaseDeps, { runId }: SweepRun, context: PassContext): Promise<void> {
  const run = await openRun(deps, runId);
  if (run?.valid !== true) return;
  const counts = ['store_lost', 'expiry_pushed', 'expiry_cleared', 'expiry_failed'];
  const step: Step = { deps, run, context, deeds: createDeeds(deps, run, { name: 'tended', counts }) };
  await loseMissing(step);
  await tendExpiring(step);
  await step.deeds.save();
}
