import type { Client } from '@temporalio/client';
import { ServiceError } from '../domain/errors.ts';
import type { SweepReport } from '../leases/contract.ts';
import { MANUAL_SWEEP, SWEEP_WORKFLOW, type SweepInput } from '../workflows/messages.ts';
import type { StartedRun } from './deps.ts';
import { startRun, type RunSettings } from './start-run.ts';

/**
 * Starts a sweep, one at a time; throws as `startRun` does, and `SWEEP_RUNNING` also where the scheduled one is under
 * way.
 */
export function createSweepStarter(
  client: Client,
  settings: RunSettings,
): (dryRun: boolean) => Promise<StartedRun<SweepReport>> {
  return async (dryRun) => {
    const input: SweepInput = { dry_run: dryRun };
    const run = await startRun<SweepReport | null>(client, settings, {
      workflowType: SWEEP_WORKFLOW,
      workflowId: MANUAL_SWEEP,
      input,
      summary: dryRun ? 'a dry run somebody asked for' : 'a sweep somebody asked for',
      limit: '30 minutes',
      busy: 'SWEEP_RUNNING',
    });
    if (!('result' in run)) return run;
    if (run.result === null) throw new ServiceError('SWEEP_RUNNING', { retryAfterSeconds: 1 });
    return { result: run.result };
  };
}
