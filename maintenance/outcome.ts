import { safeErrorText } from '../domain/redact.ts';
import type { Ledger } from '../ledger/index.ts';
import { recordJob, type JobEnding } from '../ledger/queries/job-record.ts';

export interface RecordedJob {
  /** As operators see it. */
  readonly job: string;
  readonly dryRun: boolean;
  /** A run that was asked to stop has no outcome: it will be gone on with. */
  readonly signal: AbortSignal;
}

/**
 * Runs a job and writes down how it went, for `GET /jobs`. Throws what the job throws, and `LEDGER_UNAVAILABLE` where a
 * success could not be written down.
 */
export async function recorded<Result extends object>(
  ledger: Ledger,
  { job, dryRun, signal }: RecordedJob,
  work: () => Promise<Result>,
): Promise<Result> {
  const begin = performance.now();
  const record = async (ending: JobEnding): Promise<void> =>
    recordJob(ledger, { job, dryRun, tookMs: performance.now() - begin, ending });
  let result: Result;
  try {
    result = await work();
  } catch (error) {
    const text = safeErrorText(error instanceof Error ? error.message : String(error));
    if (!signal.aborted) await record({ error: text }).catch(() => undefined);
    throw error;
  }
  await record({ result });
  return result;
}
