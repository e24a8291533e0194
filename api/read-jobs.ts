import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import type { JobBody } from '../contract/jobs.ts';
import { ServiceError } from '../domain/errors.ts';
import { JOBS, MANUAL_JOBS, type JobName, type ManualJob } from '../domain/jobs.ts';
import type { Ledger } from '../ledger/index.ts';
import { jobOutcomes, type JobOutcome } from '../ledger/queries/job-outcomes.ts';
import type { JobPlan } from './job-plans.ts';

/** Below the time that a usual client waits, and ample for eight calls beside one another. */
const CALL_LIMIT_MS = 3_000;

export interface JobReader {
  readonly client: Client;
  readonly ledger: Ledger;
  readonly plans: () => Promise<Readonly<Record<JobName | ManualJob, JobPlan>>>;
}

interface Scheduled {
  readonly paused: boolean;
  readonly running: boolean;
  readonly nextRun: string | null;
}

/**
 * Every job: what the configuration says, what its schedule does, how it went.
 *
 * @throws ServiceError `TEMPORAL_UNAVAILABLE`, `LEDGER_UNAVAILABLE`.
 */
export async function readJobs({ client, ledger, plans }: JobReader): Promise<readonly JobBody[]> {
  const [planned, outcomes, schedules] = await Promise.all([
    plans(),
    jobOutcomes(ledger),
    readSchedules(client, JOBS),
  ]);
  return [...JOBS, ...MANUAL_JOBS].map((name, index) =>
    describeJob(name, { plan: planned[name], outcomes, now: schedules[index] }),
  );
}

interface Found {
  readonly plan: JobPlan;
  readonly outcomes: readonly JobOutcome[];
  /** Undefined where it has no schedule. */
  readonly now: Scheduled | undefined;
}

function describeJob(name: JobName | ManualJob, { plan, outcomes, now }: Found): JobBody {
  const of = (dryRun: boolean) =>
    outcomes.find((outcome) => outcome.job === name && outcome.dryRun === dryRun);
  const [real, dry] = [of(false), of(true)];
  return {
    name,
    on: plan.off === undefined,
    why: plan.off ?? plan.manualOnly ?? null,
    schedule: plan.schedule ?? null,
    paused: now?.paused ?? false,
    running: now?.running ?? false,
    next_run: now?.nextRun ?? null,
    last_success_at: real?.lastSuccessAt ?? null,
    last_run: real === undefined ? null : describeRun(real),
    last_dry_run: dry === undefined ? null : describeRun(dry),
    notes: [...plan.notes],
  };
}

function describeRun(outcome: JobOutcome): NonNullable<JobBody['last_run']> {
  return {
    started_at: outcome.startedAt,
    finished_at: outcome.finishedAt,
    succeeded: outcome.succeeded,
    result: outcome.result ?? null,
    error: outcome.error,
  };
}

/** In the order of the jobs; undefined where one has no schedule. Throws `TEMPORAL_UNAVAILABLE`. */
export async function readSchedules(
  client: Client,
  jobs: readonly JobName[],
): Promise<readonly (Scheduled | undefined)[]> {
  try {
    return await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      Promise.all(jobs.map((name) => readSchedule(client, name))),
    );
  } catch (error) {
    throw new ServiceError('TEMPORAL_UNAVAILABLE', { retryAfterSeconds: 1, cause: error });
  }
}

/** A paused schedule has no next run, whatever its times say. */
async function readSchedule(client: Client, id: JobName): Promise<Scheduled | undefined> {
  try {
    const { info, state } = await client.schedule.getHandle(id).describe();
    const next = state.paused ? undefined : info.nextActionTimes[0];
    return {
      paused: state.paused,
      running: info.runningActions.length > 0,
      nextRun: next?.toISOString() ?? null,
    };
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}
