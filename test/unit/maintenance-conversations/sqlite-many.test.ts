import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { PAGE } from '../../../maintenance/conversations/thread-store.ts';
import { uuid6At } from './ages.ts';
import { rowsOf, sqliteBench } from './kit.ts';
import { daysAgo, NOW_MS } from './savers.ts';
import { inSmallHeap } from './small-heap.ts';

const THREADS = 100_000;
const RECENT = 1_000;

/** Threads of one checkpoint with one write, in the saver's tables; every hundredth is recent. */
function fill(path: string): void {
  const database = new DatabaseSync(path);
  const checkpoint = database.prepare(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata) VALUES (?, ?, 'json', '{}', '{}')`,
  );
  const write = database.prepare(
    `INSERT INTO writes (thread_id, checkpoint_id, task_id, idx, channel) VALUES (?, ?, 'task', 0, 'messages')`,
  );
  database.exec('BEGIN');
  for (let index = 0; index < THREADS; index += 1) {
    const id = uuid6At(index % (THREADS / RECENT) === 0 ? daysAgo(1) : daysAgo(9));
    checkpoint.run(`thread-${index}`, id);
    write.run(`thread-${index}`, id);
  }
  database.exec('COMMIT');
  database.close();
}

it(
  'a hundred thousand threads go in batches, with memory that does not grow',
  { timeout: 600_000 },
  async () => {
    const { path, database } = await sqliteBench();
    fill(path);
    const settings = { database, retentionDays: 7, strategy: 'delete', keep: [] } as const;
    const { result, beats } = await inSmallHeap(settings, NOW_MS);
    expect(result).toEqual({
      ...{ sessions_deleted: THREADS - RECENT, checkpoints_deleted: THREADS - RECENT },
      ...{ sessions_remaining: RECENT, errors: [], dry_run: false },
    });
    expect(beats).toBe(THREADS / PAGE);
    expect(rowsOf(path, 'SELECT count(*) AS n FROM writes')).toEqual([{ n: RECENT }]);
  },
);
