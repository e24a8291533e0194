import { expect, it } from 'vitest';
import { PAGE } from '../../../maintenance/conversations/thread-store.ts';
import { fillSqlite } from './fill-sqlite.ts';
import { rowsOf, sqliteBench } from './kit.ts';
import { NOW_MS } from './savers.ts';
import { inSmallHeap } from './small-heap.ts';

const THREADS = 100_000;
const RECENT = 1_000;

it(
  'a hundred thousand threads go in batches, with memory that does not grow',
  { timeout: 600_000 },
  async () => {
    const { path, database } = await sqliteBench();
    fillSqlite(path, THREADS, (index) => index % (THREADS / RECENT) === 0);
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
