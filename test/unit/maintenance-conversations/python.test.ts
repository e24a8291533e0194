/** Threads written by LangGraph's SQLite saver for Python. */
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { checkpointTimeMs } from '../../../domain/checkpoint-age.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { uuid6At } from './ages.ts';
import { cleanUp, rowsOf } from './kit.ts';
import { saverFolder, withPythonSaver } from './python.ts';
import { daysAgo } from './savers.ts';

/** Puts `given`: rows of thread, namespace, id and ts; each checkpoint with a value of its own and a write. */
const WRITE = `
from datetime import datetime
parents = {}
for index, (thread, ns, id, ts) in enumerate(given):
    checkpoint = {**empty_checkpoint(), "v": 4, "id": id, "ts": ts, "channel_values": {"n": index, "at": datetime.now(), 3: {7: b"x"}}, "channel_versions": {"n": index}}
    saved = saver.put(config(thread, ns, parents.get((thread, ns))), checkpoint, {"source": "loop", "step": index}, {"n": index})
    saver.put_writes(saved, [("n", index), ("__pregel_tasks", "send")], "task")
    parents[(thread, ns)] = id
`;
/** Prints what a chat service would load of each of the threads in `given`. */
const LOAD = `
def told(thread):
    found = saver.get_tuple(config(thread))
    return found and [found.checkpoint["id"], found.checkpoint["channel_values"]["n"], len(found.pending_writes), found.parent_config is not None]
print(json.dumps({thread: told(thread) for thread in given}))
`;
const PYTHON_TS = '2025-11-01T10:00:00.123456+00:00';
const RECENT_TS = '2025-11-27T10:00:00+00:00';
const V4 = '3b241101-e2bb-4255-8caf-4136c566a962';

const folder = saverFolder();
const newPath = () => join(scratchDirectory('conversations'), 'memory.db');
const database = (path: string) => ({ kind: 'sqlite', path }) as const;

describe.skipIf(folder === undefined)(
  'LangGraph for Python (skipped without Python 3.10 and the saver)',
  { timeout: 120_000 },
  () => {
    it('old, recent and mixed threads, ids of every kind, bodies in msgpack', async () => {
      const path = newPath();
      const [old, recent] = [uuid6At(daysAgo(20)), uuid6At(daysAgo(2))];
      await withPythonSaver(path, WRITE, [
        ['old', '', old, RECENT_TS],
        ['old', 'inner:1', uuid6At(daysAgo(19)), RECENT_TS],
        ['mixed', '', old, PYTHON_TS],
        ['mixed', '', recent, PYTHON_TS],
        ['recent', '', recent, PYTHON_TS],
        ['old ts', '', V4, PYTHON_TS],
        ['recent ts', '', V4, RECENT_TS],
        ['undated', '', V4, 'yesterday'],
      ]);
      const { result } = await cleanUp(database(path));
      expect(result).toEqual({
        ...{ sessions_deleted: 2, checkpoints_deleted: 3, sessions_remaining: 4, dry_run: false },
        errors: ['Thread "undated": age not decodable, counted as active'],
      });
      expect(
        rowsOf(path, 'SELECT DISTINCT thread_id AS id FROM writes ORDER BY 1').map(({ id }) => id),
      ).toEqual(['mixed', 'recent', 'recent ts', 'undated']);
      expect(await withPythonSaver(path, LOAD, ['old', 'mixed', 'recent ts'])).toEqual({
        old: null,
        mixed: [recent, 3, 2, true],
        'recent ts': [V4, 6, 2, false],
      });
    });

    it('keep_latest leaves what Python loads', async () => {
      const path = newPath();
      const [first, second, third] = [uuid6At(daysAgo(20)), uuid6At(daysAgo(19)), uuid6At(daysAgo(18))];
      await withPythonSaver(path, WRITE, [
        ['old', '', first, PYTHON_TS],
        ['old', '', second, PYTHON_TS],
        ['old', '', third, PYTHON_TS],
      ]);
      const keep = { settings: { strategy: 'keep_latest' } } as const;
      expect((await cleanUp(database(path), keep)).result).toMatchObject({
        checkpoints_deleted: 2,
        errors: [],
      });
      expect(rowsOf(path, 'SELECT count(*) AS n FROM writes')).toEqual([{ n: 2 }]);
      expect(await withPythonSaver(path, LOAD, ['old'])).toEqual({ old: [third, 2, 2, false] });
    });

    it('a snapshot of a DeltaChannel in the body keeps the thread whole under keep_latest', async () => {
      const path = newPath();
      const snapshot = `
from langgraph.checkpoint.serde.types import _DeltaSnapshot
for id in given:
    checkpoint = {**empty_checkpoint(), "id": id, "channel_values": {"messages": _DeltaSnapshot(["a"])}}
    saver.put(config("delta"), checkpoint, {"source": "loop", "step": 1}, {})
`;
      await withPythonSaver(path, snapshot, [uuid6At(daysAgo(20)), uuid6At(daysAgo(19))]);
      const keep = { settings: { strategy: 'keep_latest' } } as const;
      expect((await cleanUp(database(path), keep)).result).toMatchObject({
        ...{ checkpoints_deleted: 0, errors: [expect.stringContaining('DeltaChannel')] },
      });
    });

    it('tells the time of ids as Python makes them, whatever the step', async () => {
      const program = 'print(json.dumps([str(uuid6(clock_seq=step)) for step in given]))';
      const before = Date.now();
      const ids = (await withPythonSaver(newPath(), program, [-2, -1, 0, 9, 70_000])) as string[];
      for (const id of ids) {
        const ms = checkpointTimeMs(id, () => undefined) ?? 0;
        expect(ms).toBeGreaterThanOrEqual(before);
        expect(ms).toBeLessThanOrEqual(Date.now());
      }
    });
  },
);
