import { expect, it } from 'vitest';
import { PAGE } from '../../maintenance/conversations/thread-store.ts';
import { uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { daysAgo, NOW_MS } from '../unit/maintenance-conversations/savers.ts';
import { inSmallHeap } from '../unit/maintenance-conversations/small-heap.ts';
import { postgresBench } from './conversations-kit.ts';

const THREADS = 100_000;
const RECENT = 1_000;
const SERIES = `FROM generate_series(0, ${THREADS - 1}) AS i`;
const ID = `CASE i % ${THREADS / RECENT} WHEN 0 THEN $1 ELSE $2 END`;

it(
  'a hundred thousand threads go in batches, with memory that does not grow',
  { timeout: 600_000 },
  async () => {
    const { database, rows } = await postgresBench();
    const ids = [uuid6At(daysAgo(1)), uuid6At(daysAgo(9))];
    await rows(
      `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) SELECT 'thread-' || i, ${ID}, '{}' ${SERIES}`,
      ids,
    );
    await rows(
      `INSERT INTO checkpoint_writes (thread_id, checkpoint_id, task_id, idx, channel, blob)
     SELECT 'thread-' || i, ${ID}, 'task', 0, 'messages', '' ${SERIES}`,
      ids,
    );
    await rows(
      `INSERT INTO checkpoint_blobs SELECT 'thread-' || i, '', 'messages', '1', 'json', '' ${SERIES}`,
    );
    const settings = { database, retentionDays: 7, strategy: 'delete', keep: [] } as const;
    const { result, beats } = await inSmallHeap(settings, NOW_MS);
    expect(result).toEqual({
      ...{ sessions_deleted: THREADS - RECENT, checkpoints_deleted: THREADS - RECENT },
      ...{ sessions_remaining: RECENT, errors: [], dry_run: false },
    });
    expect(beats).toBe(THREADS / PAGE);
    for (const table of ['checkpoint_writes', 'checkpoint_blobs']) {
      expect(await rows(`SELECT count(*)::int AS n FROM ${table}`)).toEqual([{ n: RECENT }]);
    }
  },
);
