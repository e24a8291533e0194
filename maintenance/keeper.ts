import type { Logger } from 'pino';
import type { BackupResult, BackupsEnding, ResultsCleanup, ResultsRun } from '../activities/job-contract.ts';
import { ServiceError } from '../domain/errors.ts';
import type { MaintenanceJob } from '../domain/jobs.ts';
import type { Ledger } from '../ledger/index.ts';
import { recordJob } from '../ledger/queries/job-record.ts';
import { cleanAgedFiles } from './aged-files/run.ts';
import { backupResult, makeBackup } from './backups/index.ts';
import type { JobContext, JobKeeper, JobMeter } from './contract.ts';
import { cleanUpConversations } from './conversations/index.ts';
import { reasonOff } from './off.ts';
import { isCleanupSuccess, recorded, type RecordedJob } from './outcome.ts';
import { postReport } from './results/report.ts';
import { cleanResults } from './results/run.ts';
import type { MaintenanceSettings } from './settings.ts';

export interface JobKeeperDeps {
  readonly ledger: Ledger;
  readonly settings: MaintenanceSettings;
  readonly log: Logger;
  readonly meter: JobMeter;
  /** Where Node may keep compiled code. */
  readonly codeCache?: string;
}

type Recording = Omit<RecordedJob<MaintenanceJob>, 'onEnded'>;

/** The jobs, each written down and counted. */
export function createJobKeeper(deps: JobKeeperDeps): JobKeeper {
  const { ledger, settings, log, meter } = deps;
  const onEnded = meter.ended.bind(meter);
  const run = <Result extends object>(how: Recording, work: () => Promise<Result>): Promise<Result> =>
    recorded(ledger, { ...how, onEnded }, work);
  const now = () => Date.now();
  return {
    cleanResults: (wish, context) => cleanResultsOnce(deps, run, { wish, context }),
    reportResults: async (report, { signal }) => {
      if (settings.metricsUrl !== undefined) {
        await postReport(settings.metricsUrl, report, { signal, token: settings.metricsToken });
      }
    },
    cleanAgedFiles: async (wish, context) => {
      const config = await settingsOf('aged-files-cleanup', settings, settings.agedFiles);
      const how = { job: 'aged-files-cleanup', dryRun: wish.dryRun, ...tryOf(context) } as const;
      return run(how, () => cleanAgedFiles({ log, settings: config }, wish, context));
    },
    cleanConversations: async (wish, { progress, ...context }) => {
      const config = await settingsOf('conversations-cleanup', settings, settings.conversations);
      const how = { job: 'conversations-cleanup', dryRun: wish.dryRun, ...tryOf(context) } as const;
      return run({ ...how, isSuccess: isCleanupSuccess }, () =>
        cleanUpConversations({ log, now, settings: config }, { ...wish, progress }, context),
      );
    },
    makeBackup: (wish, context) => makeBackup({ log, now, settings: settings.backups }, wish, context),
    finishBackups: (ending) => finishBackups(deps, ending),
  };
}

const tryOf = ({ signal, isLastTry }: Pick<JobContext, 'signal' | 'isLastTry'>) => ({ signal, isLastTry });

type Run = <Result extends object>(how: Recording, work: () => Promise<Result>) => Promise<Result>;
type ResultsCall = {
  readonly wish: ResultsRun;
  readonly context: JobContext;
};

async function cleanResultsOnce(
  { ledger, settings, log, codeCache }: JobKeeperDeps,
  run: Run,
  { wish, context }: ResultsCall,
): Promise<ResultsCleanup> {
  const config = await settingsOf('results-cleanup', settings, settings.results);
  let isRepeat = false;
  const onRepeat = () => {
    isRepeat = true;
  };
  const deps = { ledger, log, settings: config, onRepeat, ...(codeCache === undefined ? {} : { codeCache }) };
  const how = { job: 'results-cleanup', dryRun: wish.dryRun, ...tryOf(context) } as const;
  return run({ ...how, isRepeat: () => isRepeat }, () => cleanResults(deps, wish, context));
}

async function settingsOf<Settings>(
  job: MaintenanceJob,
  settings: MaintenanceSettings,
  own: Settings | undefined,
): Promise<Settings> {
  const reason = await reasonOff(settings, job);
  if (reason !== undefined) throw new ServiceError('JOB_OFF', { detail: reason });
  if (own === undefined) throw new ServiceError('JOB_OFF');
  return own;
}

/** Records what the steps of a run came to; its time is that of the workflow. */
async function finishBackups(
  { ledger, log, meter }: JobKeeperDeps,
  { outcomes, failed, seconds }: BackupsEnding,
): Promise<BackupResult> {
  const errors = failed.map((kind) => `The ${kind} backup failed`);
  const result = backupResult(outcomes, errors);
  const succeeded = errors.length === 0;
  await recordJob(ledger, {
    job: 'backups',
    dryRun: false,
    tookMs: seconds * 1_000,
    ending: { result, succeeded },
  });
  log.info({ event: 'backups_completed', ...result });
  meter.ended({ job: 'backups', dryRun: false, seconds, succeeded, result });
  return result;
}
