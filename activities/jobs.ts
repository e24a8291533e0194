import { setTimeout as sleep } from 'node:timers/promises';
import { Context } from '@temporalio/activity';
import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { isServiceError } from '../domain/errors.ts';
import { JOB_TRIES } from '../domain/jobs.ts';
import type { JobContext, JobKeeper } from '../maintenance/contract.ts';
import { mayPass } from '../maintenance/index.ts';
import { guarded, type Log } from './guarded.ts';
import type { CleanupProgress, JobActivities, ResultsCleanup, ResultsRun } from './job-contract.ts';
import { withProgress, withPulse, type ProgressContext } from './pulse.ts';

/** The activities of the jobs that touch a disk; they run on a task queue of their own. */
export function createJobActivities({
  jobs,
  log,
}: {
  readonly jobs: JobKeeper;
  readonly log: Log;
}): JobActivities {
  const guard = <T>(work: () => Promise<T>): Promise<T> => guarded(log, work);
  return {
    cleanResults: (run) => guard(() => withPulse((pass) => inTurn(jobs, run, { ...pass, ...thisTry() }))),
    reportResults: (report) => guard(() => withPulse((pass) => told(jobs.reportResults(report, pass)))),
    cleanAgedFiles: (run) =>
      guard(() => withPulse((pass) => jobs.cleanAgedFiles(run, { ...pass, ...thisTry() }))),
    cleanConversations: (run) =>
      guard(() =>
        withProgress(async (pass: ProgressContext<CleanupProgress>) => {
          const { isLastTry } = thisTry();
          const result = await jobs.cleanConversations(run, { ...pass, isLastTry });
          if (mayPass(result) && !isLastTry) throw again('The database failed.', 'DATABASE_FAILED');
          return result;
        }),
      ),
    makeBackup: (wish) => guard(() => withPulse((pass) => jobs.makeBackup(wish, pass))),
    finishBackups: (ending) => guard(() => jobs.finishBackups(ending)),
  };
}

/** That somebody else does not take a report is nothing unexpected: the workflow says so once, after its last try. */
async function told(reporting: Promise<void>): Promise<void> {
  try {
    await reporting;
  } catch {
    throw again('The report was not taken.', 'REPORT_NOT_TAKEN');
  }
}

/** Tries again without a line of the SDK's for each try: whoever failed has said so, or will at the end. */
const again = (message: string, type: string): ApplicationFailure =>
  ApplicationFailure.create({ message, type, category: ApplicationFailureCategory.BENIGN });

const thisTry = () => ({ isLastTry: Context.current().info.attempt >= JOB_TRIES });

/** Between two looks whether another run still has the directory. */
const TURN_POLL_MS = 1_000;

/** Waits until no other run has the directory: however long that one takes, this one is no failure. */
async function inTurn(jobs: JobKeeper, run: ResultsRun, context: JobContext): Promise<ResultsCleanup> {
  for (;;) {
    try {
      return await jobs.cleanResults(run, context);
    } catch (error) {
      if (!isServiceError(error, 'JOB_RUNNING')) throw error;
      await sleep(TURN_POLL_MS, undefined, { signal: context.signal });
    }
  }
}
