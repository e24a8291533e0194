/** The module of the thread that copies a SQLite database which others are writing to, and checks the copy. */
import { backup } from 'node:sqlite';
import { openExisting } from '../../sqlite/open.ts';
import { threadMain, type ThreadSide } from '../../thread/thread-main.ts';
import { checkIntegrity } from './check.ts';

/** Pages between two looks at whether to go on: 4 MB at the usual size. */
const PAGES_A_STEP = 1_000;

export interface CopyJob {
  readonly source: string;
  /** Overwritten. */
  readonly target: string;
}

async function copy({ source, target }: CopyJob, side: ThreadSide<undefined>): Promise<void> {
  // One that may not write leaves its own empty log beside a database that nobody has open.
  const database = openExisting(source);
  try {
    database.exec('PRAGMA query_only = ON');
    // SQLite begins a copy anew whenever another process writes, and beside a busy chat would never come to an end.
    // Within a read transaction it copies what was committed when that began.
    database.exec('BEGIN');
    database.prepare('SELECT count(*) FROM sqlite_schema').get();
    const progress = () => {
      side.throwIfStopped();
      side.heartbeat(undefined);
    };
    await backup(database, target, { rate: PAGES_A_STEP, progress });
  } finally {
    database.close();
  }
  side.throwIfStopped();
  checkIntegrity(target);
}

await threadMain(copy);
