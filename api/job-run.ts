/** What the routes that start a run of a job have in common: `api/routes` sees no Temporal, only what `ApiDeps` has of it. */
import { CallAnswers, GuardAnswers, OperatorAnswers } from '../contract/answers.ts';
import { ErrorAnswer } from '../contract/errors.ts';
import { RunStartedAnswer } from '../contract/jobs.ts';
import { within } from './deadline.ts';
import type { ApiDeps, JobWish, StartedRun } from './deps.ts';

/** What a run gets on top of the wait for its result: its start, which has a limit of its own. */
const START_MARGIN_MS = 6_000;
/** For reading of schedules and outcomes, which have limits of their own below it. */
const READ_LIMIT_MS = 5_000;

const { 413: tooLarge, 422: invalid } = CallAnswers;

/** Every answer of a route that starts a maintenance job, but its result. */
export const RUN_ANSWERS = {
  202: RunStartedAnswer,
  ...OperatorAnswers,
  409: ErrorAnswer('JOB_RUNNING', 'JOB_OFF'),
  413: tooLarge,
  422: invalid,
  503: ErrorAnswer('TEMPORAL_UNAVAILABLE'),
};

/** Every answer of a route that reads how jobs stand, but its own. */
export const READ_ANSWERS = {
  ...GuardAnswers,
  503: ErrorAnswer('TEMPORAL_UNAVAILABLE', 'LEDGER_UNAVAILABLE'),
};

/** Reads in bounded time. */
export const readWithin = <T>(reading: Promise<T>): Promise<T> =>
  within(READ_LIMIT_MS, 'TEMPORAL_UNAVAILABLE', reading);

/** What a run that is being started comes to: its result, or where to look for it. Throws as the start does. */
export async function answerOf<Result>(
  { cleanupWaitMs }: Pick<ApiDeps['settings'], 'cleanupWaitMs'>,
  starting: Promise<StartedRun<Result>>,
) {
  const run = await within(cleanupWaitMs + START_MARGIN_MS, 'TEMPORAL_UNAVAILABLE', starting);
  if ('result' in run) return { code: 200 as const, body: run.result };
  const body = { workflow_id: run.workflowId, workflow_url: run.workflowUrl };
  return { code: 202 as const, body };
}

type Query = { readonly dry_run?: boolean; readonly retention_days?: number };

/**
 * Starts a job as a query asks for it: its result, which is what the job's answer describes, or where to look for it.
 * Throws as `Jobs.start`.
 */
export async function runJob<Result>(
  { jobs, settings }: Pick<ApiDeps, 'jobs' | 'settings'>,
  job: JobWish['job'],
  query: Query = {},
) {
  const wish = { job, dryRun: query.dry_run ?? false, retentionDays: query.retention_days };
  return answerOf(settings, jobs.start(wish) as Promise<StartedRun<Result>>);
}
