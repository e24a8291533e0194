import type { SweepReport, SweepRun } from '../../activities/contract.ts';
import { finishRun } from '../../ledger/queries/sweep-progress.ts';
import { readRun, type SweepRunRow } from '../../ledger/queries/sweep-run.ts';
import { unstage } from '../../ledger/queries/sweep-stage.ts';
import { recordJob } from '../../ledger/queries/job-record.ts';
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
  await recordSweep(deps, report);
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

/** For `GET /jobs`; a listing that was not believed is no success. */
async function recordSweep({ ledger }: LeaseDeps, report: SweepReport): Promise<void> {
  const tookMs = Math.max(0, Date.parse(report.finishedAt ?? '') - Date.parse(report.startedAt)) || 0;
  const { runId, dryRun, valid, invalidReason, listed, counts } = report;
  // In the words of the contract; what was done to each store is in `GET /orphans` and in the log.
  const result = { run_id: runId, dry_run: dryRun, valid, invalid_reason: invalidReason, listed, counts };
  await recordJob(ledger, { job: 'sweep', dryRun, tookMs, ending: { result, succeeded: valid } });
}
