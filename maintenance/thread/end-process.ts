import type { Logger } from 'pino';
import { endThreads, threadsRunning } from './threads-running.ts';

/** For what is about to end by itself. */
const PATIENCE_MS = 500;
const LOOK_EVERY_MS = 20;
/** For the last lines of the log, where nobody reads it. */
const LAST_LINES_MS = 500;

/** What Node does in the threads of its pool: calls to the file system, and asking for addresses. */
const IN_THE_POOL = /^(FSReq|CloseReq|GetAddrInfo|GetNameInfo)/;
const callsUnderWay = (): number =>
  process.getActiveResourcesInfo().filter((kind) => IN_THE_POOL.test(kind)).length;

let isEnding = false;

/**
 * Ends the process with that exit code, once: who comes second changes nothing. Threads of jobs are cut off. One that
 * hangs in a call of the system, such as a check of a large database, and a file system that does not answer are not waited
 * for, as Node would, and with it whoever started the process: it ends by SIGKILL then.
 */
export function endProcess(code: number, log: Logger): void {
  if (isEnding) return;
  isEnding = true;
  endThreads();
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
  log.warn({ event: 'process_killed', ...hanging }, 'something hangs in a call of the system');
  log.flush(kill);
}
