/** The module of the thread that puts a backup in the place of a SQLite database. */
import { existsSync, rmSync } from 'node:fs';
import { threadMain, type ThreadSide } from '../../thread/thread-main.ts';
import { RestoreError } from '../restore-error.ts';
import { checkIntegrity, DamagedBackupError } from './check.ts';
import { holdExclusively } from './hold.ts';
import { removeStaleIncoming } from './incoming.ts';
import { copyBeside, swapIn } from './swap.ts';

export interface RestoreJob {
  readonly backup: string;
  readonly target: string;
  /** The name under which the present database stays. */
  readonly kept: string;
  /** Temporary name beside the target, a name of `incomingName`. */
  readonly incoming: string;
  readonly nowMs: number;
  /** Without asking whether others have the target open. */
  readonly force: boolean;
}

export interface RestoreAnswer {
  /** Whether there was a database to keep. */
  readonly kept: boolean;
  /** Whether the new one belongs to whom the old one belonged. */
  readonly isTheirs: boolean;
}

function check(path: string): void {
  try {
    checkIntegrity(path);
  } catch (error) {
    if (error instanceof DamagedBackupError) throw new RestoreError('damaged', error.message);
    throw error;
  }
}

function restore(job: RestoreJob, side: ThreadSide<undefined>): Promise<RestoreAnswer> {
  const { backup, target, incoming } = job;
  removeStaleIncoming(target, job.nowMs);
  try {
    copyBeside(backup, incoming);
    check(incoming);
    side.throwIfStopped();
    const kept = existsSync(target);
    const hold = kept && !job.force ? holdExclusively(target) : undefined;
    try {
      const isTheirs = swapIn(incoming, job);
      return Promise.resolve({ kept, isTheirs });
    } finally {
      hold?.release();
    }
  } finally {
    rmSync(incoming, { force: true });
  }
}

await threadMain((job: RestoreJob, side: ThreadSide<undefined>) => restore(job, side));
