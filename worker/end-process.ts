import type { Logger } from 'pino';
import { threadsRunning } from '../maintenance/index.ts';

/** For what is about to end by itself. */
const PATIENCE_MS = 500;
const LOOK_EVERY_MS = 20;
/** For the last lines of the log, where nobody reads it. */
const LAST_LINES_MS = 500;

/** Calls to the file system that Node has handed to its pool and that have not come back. */
const callsUnderWay = (): number =>
  process.getActiveResourcesInfo().filter((kind) => kind.startsWith('FSReq')).length;

/**
 * Ends the process, also where a job was left in a thread that hangs in a call of the system, such as a check of a large
 * database, or where a file system does not answer: Node would wait for the end of the call, and whoever started the
 * process for the process's.
 */
export function endProcess(code: number, log: Logger): void {
  const giveUpAt = performance.now() + PATIENCE_MS;
  const look = (): void => {
    const [threads, calls] = [threadsRunning(), callsUnderWay()];
    if (threads + calls === 0) process.exit(code);
    if (performance.now() < giveUpAt) setTimeout(look, LOOK_EVERY_MS);
    else killOurselves(log, { threads, calls });
  };
  look();
}

function killOurselves(log: Logger, hanging: { readonly threads: number; readonly calls: number }): void {
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, LAST_LINES_MS);
  log.warn({ event: 'worker_killed', ...hanging }, 'something hangs in a call of the system');
  log.flush(kill);
}
