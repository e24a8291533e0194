import pLimit from 'p-limit';
import type { SweepRun } from '../../activities/contract.ts';
import { SIGHTINGS_NEEDED } from '../../domain/listed-store.ts';
import { orphanCandidates, type OrphanCandidate } from '../../ledger/queries/orphan-candidates.ts';
import { deleteAgain, stillListed } from '../../ledger/queries/still-listed.ts';
import { tombstoneOrphan } from '../../ledger/queries/tombstone-orphan.ts';
import { unattendedStores } from '../../ledger/queries/unattended-stores.ts';
import type { PassContext } from '../contract.ts';
import { deletionsPaused } from '../../deletion/deletions.ts';
import type { LeaseDeps } from '../deps.ts';
import { createDeeds, type Deeds } from './deeds.ts';
import { deleteStray } from './delete-stray.ts';
import { openRun, pages, pulse, type OpenRun } from './run.ts';

const AGAIN = 'listed_again: proven deleted, and the provider listed it all the same';

interface Step {
  readonly deps: LeaseDeps;
  readonly run: OpenRun;
  readonly context: PassContext;
  readonly deeds: Deeds;
}

/** The intent before the act; in a dry run only told. */
async function doom({ deps, run, deeds }: Step, orphan: OrphanCandidate): Promise<void> {
  const { accountId, provider, baseUrl, dryRun } = run;
  const { storeId, leaseId, why } = orphan;
  const reason = `orphan: ${why}`;
  if (!dryRun) {
    const tombstone = { provider, baseUrl, storeId, leaseId, accountId, reason };
    if (!(await tombstoneOrphan(deps.ledger, tombstone))) return;
  }
  deeds.count('orphans_doomed');
  deeds.act({ storeId, leaseId, action: 'delete', why: reason });
}

async function doomOrphans(step: Step): Promise<void> {
  const { deps, run, context } = step;
  const { accountId, runId } = run;
  const of = { accountId, runId, sightings: SIGHTINGS_NEEDED, minAgeMs: deps.settings.orphanMinAgeMs };
  for await (const page of pages((at) => orphanCandidates(deps.ledger, of, at))) {
    await pulse(deps, runId, context);
    for (const orphan of page) await doom(step, orphan);
  }
}

async function doomStillListed({ deps, run, deeds }: Step): Promise<void> {
  const of = { ...run, lagMs: deps.settings.confirmGoneMs };
  const again = await (run.dryRun ? stillListed(deps.ledger, of) : deleteAgain(deps.ledger, of, AGAIN));
  for (const { storeId, leaseId } of again) {
    deeds.count('listed_again');
    deeds.act({ storeId, leaseId, action: 'delete', why: AGAIN });
  }
}

/** Every tombstone that no drain looks after, whoever left it. Stops where the pass has taken long enough. */
async function deleteUnattended(step: Step): Promise<void> {
  const { deps, run, context, deeds } = step;
  const limit = pLimit(deps.settings.fileConcurrency);
  const budgetEnds = performance.now() + deps.settings.passBudgetMs;
  for (const accountId of run.accounts) {
    for await (const page of pages((at) => unattendedStores(deps.ledger, accountId, at))) {
      await pulse(deps, run.runId, context);
      if (performance.now() > budgetEnds) return;
      if (run.dryRun) {
        for (const { storeId, leaseId, reason } of page) {
          deeds.count('left_behind');
          deeds.act({ storeId, leaseId, action: 'delete', why: reason ?? 'left_behind' });
        }
        continue;
      }
      const outcomes = await limit.map(page, (store) => deleteStray(deps, store, context));
      for (const outcome of outcomes) deeds.count(outcome);
      // The rest would fare no better; the next sweep goes on.
      if (outcomes.includes('paused') || outcomes.includes('held_back')) return;
    }
  }
}

/**
 * Deletes what nobody holds: orphans, each behind a tombstone; stores that are listed although they were proven
 * deleted; and tombstones that somebody left behind. Sends nothing while deletions are paused.
 */
export async function deleteStrays(
  deps: LeaseDeps,
  { runId }: SweepRun,
  context: PassContext,
): Promise<void> {
  const run = await openRun(deps, runId);
  if (run?.valid !== true) return;
  const counts = ['orphans_doomed', 'listed_again', 'deleted', 'delete_failed'];
  const step: Step = { deps, run, context, deeds: createDeeds(deps, run, { name: 'strays', counts }) };
  if ((await deletionsPaused(deps.ledger)) !== undefined && !run.dryRun) {
    step.deeds.count('paused');
  } else {
    await doomOrphans(step);
    await doomStillListed(step);
    await deleteUnattended(step);
  }
  await step.deeds.save();
}
