import { isServiceError } from '../domain/errors.ts';
import { safeErrorText } from '../domain/redact.ts';
import { againWhileAway, type Ledger } from '../ledger/index.ts';
import { recordJob, type JobEnding } from '../ledger/queries/job-record.ts';
import type { JobEnded } from './contract.ts';

export interface RecordedJob<Job extends string> {
  /** As operators see it. */
  readonly job: Job;
  readonly dryRun: boolean;
  /** A run that was asked to stop has no outcome: it will be gone on with. */
  readonly signal: AbortSignal;
  /** Whether a result is a success; every one is, unless said otherwise. */
  readonly isSuccess?: (result: object) => boolean;
  /** Whether an earlier attempt has ended this very run, and was told of. */
  readonly isRepeat?: () => boolean;
  /** False: a failure is tried again, and not told of. */
  readonly isLastTry?: boolean | undefined;
  /** Told once for each run. */
  readonly onEnded?: (run: Omit<JobEnded, 'job'> & { readonly job: Job }) => void;
}

/**
 * How long a ledger that is away is waited for: an attempt that cannot write down what it has done takes the numbers with
 * it, since the next one finds nothing left to do. A restart of PostgreSQL takes less.
 */
const PATIENCE_MS = 20_000;
const PAUSE_MS = 500;
const PAUSES_MS: readonly number[] = Array<number>(PATIENCE_MS / PAUSE_MS).fill(PAUSE_MS);

/** What a result says where the database failed, which may pass. */
const DATABASE_ERROR = 'Database error';
/** What the result of a job says of itself where it failed. */
const PROBLEMS = new Set([DATABASE_ERROR, 'Unexpected checkpoints table schema']);

/** Whether the job failed in a way that may be over soon. */
export function mayPass(result: { readonly errors: readonly string[] }): boolean {
  return result.errors.includes(DATABASE_ERROR);
}

/** Whether a result with `errors` as sentences is a success: threads without a date are none of its faults. */
export function isCleanupSuccess(result: object): boolean {
  const { errors } = result as { errors?: unknown };
  return !Array.isArray(errors) || !errors.some((error) => PROBLEMS.has(String(error)));
}

/**
 * Runs a job and writes down how it went, for `GET /jobs`. Throws what the job throws, and `LEDGER_UNAVAILABLE` where a
 * success could not be written down.
 */
export async function recorded<Result extends object, Job extends string>(
  ledger: Ledger,
  {
    job,
    dryRun,
    signal,
    isSuccess = () => true,
    isRepeat = () => false,
    isLastTry = true,
    onEnded,
  }: RecordedJob<Job>,
  work: () => Promise<Result>,
): Promise<Result> {
  const begin = performance.now();
  const record = async (ending: JobEnding, tookMs: number): Promise<void> => {
    const endedAgoMs = performance.now() - begin - tookMs;
    await recordJob(ledger, { job, dryRun, tookMs, endedAgoMs, ending });
    const [succeeded, result] = 'error' in ending ? [false, undefined] : [ending.succeeded, ending.result];
    // Only what was written down: an attempt that could not be is followed by another.
    if (isRepeat() || (!succeeded && !isLastTry)) return;
    onEnded?.({ job, dryRun, seconds: tookMs / 1_000, succeeded, result });
  };
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    // Another run has it: how that one goes is what counts.
    const isOurs = !signal.aborted && !isServiceError(error, 'JOB_RUNNING');
    const text = safeErrorText(error instanceof Error ? error.message : String(error));
    if (isOurs) await record({ error: text }, performance.now() - begin).catch(() => undefined);
    throw error;
  }
  const tookMs = performance.now() - begin;
  const giveUpAt = performance.now() + PATIENCE_MS;
  const mayWait = () => !signal.aborted && performance.now() < giveUpAt;
  await againWhileAway(() => record({ result, succeeded: isSuccess(result) }, tookMs), PAUSES_MS, mayWait);
  return result;
}
