import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import type { JobKeeper } from '../maintenance/contract.ts';
import { guarded, type Log } from './guarded.ts';
import type { CleanupProgress, JobActivities } from './job-contract.ts';
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
    cleanResults: (run) => guard(() => withPulse((pass) => jobs.cleanResults(run, pass))),
    reportResults: (report) => guard(() => withPulse((pass) => told(jobs.reportResults(report, pass)))),
    cleanAgedFiles: (run) => guard(() => withPulse((pass) => jobs.cleanAgedFiles(run, pass))),
    cleanConversations: (run) =>
      guard(() =>
        withProgress((pass: ProgressContext<CleanupProgress>) => jobs.cleanConversations(run, pass)),
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
    throw ApplicationFailure.create({
      message: 'The report was not taken.',
      type: 'REPORT_NOT_TAKEN',
      category: ApplicationFailureCategory.BENIGN,
    });
  }
}
