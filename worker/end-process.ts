import type { Logger } from 'pino';
import { threadsLeft } from '../maintenance/index.ts';

/** For the last lines of the log, where nobody reads it. */
const LAST_LINES_MS = 500;

/**
 * Ends the process, also where a job was left in a thread that hangs in a call of the system, such as a check of a large
 * database: Node would wait for that one's end, and whoever started the process for the process's.
 */
export function endProcess(code: number, log: Logger): void {
  if (threadsLeft() === 0) process.exit(code);
  const kill = () => process.kill(process.pid, 'SIGKILL');
  setTimeout(kill, LAST_LINES_MS);
  log.warn({ event: 'worker_killed', threads: threadsLeft() }, 'a job hangs in a call of the system');
  log.flush(kill);
}
