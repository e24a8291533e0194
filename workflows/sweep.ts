import { CancellationScope, proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { SweepActivities, SweepReport, SweepRun } from '../activities/contract.ts';
import { SWEEP_STEP } from './activity-options.ts';
import type { SweepInput } from './messages.ts';

const step = (summary: string) => proxyActivities<SweepActivities>({ ...SWEEP_STEP, summary });

async function carryOut(run: SweepRun): Promise<void> {
  const { valid } = await step('list the account').listStores(run);
  if (!valid) return;
  await step('lost stores, expiries at the provider').tendStores(run);
  await step('delete what nobody holds').deleteStrays(run);
}

/**
 * One sweep of the account; scheduled, and started by hand. A dry run unless the input says otherwise: whoever
 * starts it without one only wants to look. Null where another sweep is under way.
 */
export async function sweep(input?: SweepInput | null): Promise<SweepReport | null> {
  const { workflowId, runId } = workflowInfo();
  const wish = { dryRun: input?.dry_run !== false, holder: `${workflowId}/${runId}` };
  const run = await step('look for leases nobody looks after').beginSweep(wish);
  if (run === null) return null;
  try {
    await carryOut(run);
  } catch (error) {
    // A run that is left open would hold up the next one until it is taken for dead.
    await CancellationScope.nonCancellable(() => step('end the run').finishSweep(run));
    throw error;
  }
  return step('end the run').finishSweep(run);
}
