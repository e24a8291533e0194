/** Threads written by LangGraph's SQLite saver for Python: as they were recorded, and now, where it is installed. */
import { join } from 'node:path';
import { describe, expect, it, type TestContext } from 'vitest';
import { checkpointTimeMs } from '../../../domain/checkpoint-age.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { uuid6At } from './ages.ts';
import { cleanUp, rowsOf } from './kit.ts';
import { hasPythonSaver, loadRecorded, withPythonSaver } from './python.ts';
import { daysAgo } from './savers.ts';

/**
 * Puts `given`: rows of thread, namespace, id and ts; each checkpoint with a value of its own and two writes. Those of
 * the thread `delta` hold a snapshot of a DeltaChannel.
 */
const WRITE = `
from langgraph.checkpoint.serde.types import _DeltaSnapshot
parents = {}
for index, (thread, ns, id, ts) in enumerate(given):
    values = {"n": index, "at": datetime.now(), 3: {7: b"x"}}
    if thread == "delta":
        values["messages"] = _DeltaSnapshot(["a"])
    checkpoint = {**empty_checkpoint(), "v": 4, "id": id, "ts": ts, "channel_values": values, "channel_versions": {"n": index}}
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
const [OLD, RECENT] = [uuid6At(daysAgo(20)), uuid6At(daysAgo(2))];
const [OLDER, NEWER] = [uuid6At(daysAgo(19)), uuid6At(daysAgo(18))];

const THREADS = [
  ['old', '', OLD, RECENT_TS],
  ['old', 'inner:1', OLDER, RECENT_TS],
  ['mixed', '', OLD, PYTHON_TS],
  ['mixed', '', RECENT, PYTHON_TS],
  ['recent', '', RECENT, PYTHON_TS],
  ['old ts', '', V4, PYTHON_TS],
  ['recent ts', '', V4, RECENT_TS],
  ['undated', '', V4, 'yesterday'],
  ['chain', '', OLD, PYTHON_TS],
  ['chain', '', OLDER, PYTHON_TS],
  ['chain', '', NEWER, PYTHON_TS],
  ['delta', '', OLD, PYTHON_TS],
  ['delta', '', OLDER, PYTHON_TS],
];

type Source = (test: TestContext) => Promise<string>;
const newPath = () => join(scratchDirectory('conversations'), 'memory.db');
const database = (path: string) => ({ kind: 'sqlite', path }) as const;

const recorded: Source = () => {
  const path = newPath();
  loadRecorded(path);
  return Promise.resolve(path);
};
const written: Source = async (test) => {
  test.skip(!hasPythonSaver, "no Python with LangGraph's SQLite saver is installed");
  const path = newPath();
  await withPythonSaver(path, WRITE, THREADS);
  return path;
};

/** What Python loads; where there is none, nothing is compared. */
async function expectLoaded(path: string, loaded: Readonly<Record<string, unknown>>): Promise<void> {
  if (!hasPythonSaver) return;
  expect(await withPythonSaver(path, LOAD, Object.keys(loaded))).toEqual(loaded);
}

describe.each([
  ['as they were recorded', recorded],
  ['as they are written now', written],
] as const)('threads of LangGraph for Python, %s', { timeout: 60_000 }, (_name, source) => {
  it('old, recent and mixed threads, ids of every kind, bodies in msgpack', async (test) => {
    const path = await source(test);
    const ids = (sql: string) => rowsOf(path, sql).map(({ id }) => id);
    expect(rowsOf(path, 'SELECT DISTINCT type FROM checkpoints')).toEqual([{ type: 'msgpack' }]);
    const { result } = await cleanUp(database(path));
    expect(result).toEqual({
      ...{ sessions_deleted: 4, checkpoints_deleted: 8, sessions_remaining: 4, dry_run: false },
      errors: ['Thread "undated": age not decodable, counted as active'],
    });
    const left = ['mixed', 'recent', 'recent ts', 'undated'];
    expect(ids('SELECT DISTINCT thread_id AS id FROM writes ORDER BY 1')).toEqual(left);
    expect(ids('SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1')).toEqual(left);
    await expectLoaded(path, { old: null, mixed: [RECENT, 3, 2, true], 'recent ts': [V4, 6, 2, false] });
  });

  it('keep_latest leaves what Python loads, and whole what a DeltaChannel rebuilds', async (test) => {
    const path = await source(test);
    const { result } = await cleanUp(database(path), { settings: { strategy: 'keep_latest' } });
    expect(result).toEqual({
      ...{ sessions_deleted: 0, checkpoints_deleted: 2, sessions_remaining: 8, dry_run: false },
      errors: [
        'Thread "undated": age not decodable, counted as active',
        '1 threads use a DeltaChannel: keep_latest leaves them whole',
      ],
    });
    const rows = (table: string) =>
      rowsOf(path, `SELECT checkpoint_id AS id FROM ${table} WHERE thread_id = 'chain'`);
    expect(rows('checkpoints')).toEqual([{ id: NEWER }]);
    expect(rows('writes')).toEqual([{ id: NEWER }, { id: NEWER }]);
    expect(rowsOf(path, `SELECT count(*) AS n FROM checkpoints WHERE thread_id = 'delta'`)).toEqual([
      { n: 2 },
    ]);
    await expectLoaded(path, { chain: [NEWER, 10, 2, false], delta: [OLDER, 12, 2, true] });
  });
});

it('tells the time of ids as Python makes them, whatever the step', { timeout: 60_000 }, async (test) => {
  test.skip(!hasPythonSaver, "no Python with LangGraph's SQLite saver is installed");
  const program = 'print(json.dumps([str(uuid6(clock_seq=step)) for step in given]))';
  const before = Date.now();
  const ids = (await withPythonSaver(newPath(), program, [-2, -1, 0, 9, 70_000])) as string[];
  expect(ids).toHaveLength(5);
  for (const id of ids) {
    const ms = checkpointTimeMs(id, () => undefined) ?? 0;
    expect(ms).toBeGreaterThanOrEqual(before);
    expect(ms).toBeLessThanOrEqual(Date.now());
  }
});
