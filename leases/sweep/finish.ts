import type { SweepReport, SweepRun } from '../../activities/contract.ts';
import { finishRun } from '../../ledger/queries/sweep-progress.ts';
import { readRun, type SweepRunRow } from '../../ledger/queries/sweep-run.ts';
import { unstage } from '../../ledger/queries/sweep-stage.ts';
import type { LeaseDeps } from '../deps.ts';

/** A run in the words of its report. */
export function reportOf(run: SweepRunRow): SweepReport {
  return {
    runId: run.runId,
    dryRun: run.dryRun,
    valid: run.valid === true,
    invalidReason: run.invalidReason,
    invalidDetail: run.invalidDetail,
    startedAt: run.startedAt,
    finishedAt: run.finishedAt,
    listed: run.listed,
    counts: run.counts,
    actions: Object.values(run.actions).flat(),
  };
}

/**
 * Ends the run and reports it; repeating it does no harm. What a doubtful listing showed is kept, because the next
 * run may confirm it.
 */
export async function finishSweep(deps: LeaseDeps, { runId }: SweepRun): Promise<SweepReport> {
  const { ledger, accountId } = deps;
  const ended = await finishRun(ledger, runId);
  const run = await readRun(ledger, runId);
  if (run === undefined) throw new Error('the run is not in the ledger');
  const report = reportOf(run);
  if (!ended) return report;
  await unstage(ledger, accountId, run.invalidReason === 'half_missing' ? runId : null);
  deps.meter.swept(report.valid ? 'valid' : 'invalid');
  deps.log.info({
    event: 'sweep_finished',
    run_id: runId,
    dry_run: run.dryRun,
    valid: report.valid,
    reason: run.invalidReason,
    listed: run.listed,
    counts: run.counts,
  });
  return report;
}
