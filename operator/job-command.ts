import { pino } from 'pino';
import { ledgerUrl } from '../config/index.ts';
import type { PassContext } from '../deletion/pass-context.ts';
import {
  createJobKeeper,
  isCleanupSuccess,
  maintenanceSettings,
  type JobKeeper,
} from '../maintenance/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import { runCommand } from './run-command.ts';

/** What a command has of a job. */
export interface JobContext {
  /** Writes down what becomes of each run, for `GET /jobs`. */
  readonly keeper: JobKeeper;
  /** Ends with SIGINT and SIGTERM: a run is then left so that the next can begin at once. */
  readonly pass: PassContext;
  /** Says something beside the result, for the person at the terminal. */
  readonly warn: (line: string) => void;
}

/** Lasts until somebody ends this process. */
export function untilStopped(): PassContext {
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      stop.abort(new Error(`stopped by ${signal}`));
    });
  }
  return { signal: stop.signal, heartbeat: () => undefined };
}

/**
 * Runs a job in this process, on this machine's disk, and prints its result as JSON; the log goes to standard error.
 * The exit code is 1 where the result says of itself that the job failed.
 */
export async function runJobCommand<Result extends object>(
  name: string,
  job: (context: JobContext) => Promise<Result>,
  isSuccess: (result: Result) => boolean = isCleanupSuccess,
): Promise<void> {
  await runCommand(name, async ({ config, ledger, say }) => {
    const log = createLogger(config, name, pino.destination({ fd: 2, sync: true }));
    // A backup is made of the ledger that this command works on.
    const settings = maintenanceSettings({ ...config, DATABASE_URL: ledgerUrl(config) });
    // Nobody asks this process for its metrics.
    const meter = { ended: () => undefined };
    const keeper = createJobKeeper({ ledger, settings, log, meter });
    const warn = (line: string): void => void process.stderr.write(`${name}: ${line}\n`);
    const result = await job({ keeper, pass: untilStopped(), warn });
    say(JSON.stringify(result));
    return isSuccess(result) ? 0 : 1;
  });
}
