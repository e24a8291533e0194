/** Threads that are large, and statements that take too long for some of them. */
import { describe, expect, it, onTestFinished } from 'vitest';
import { cleanThreads, type CleanupTally } from '../../maintenance/conversations/clean-threads.ts';
import { openPostgresStore } from '../../maintenance/conversations/postgres-store.ts';
import { uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { daysAgo } from '../unit/maintenance-conversations/savers.ts';
import { postgresBench, type PostgresBench } from './conversations-kit.ts';

interface Run {
  readonly strategy?: 'delete' | 'keep_latest';
  readonly dryRun?: boolean;
  readonly keep?: readonly string[];
  readonly statementTimeoutMs?: number;
}

async function clean({ url }: PostgresBench, run: Run = {}) {
  const cutMs = daysAgo(7);
  const { strategy = 'delete', dryRun = false, keep = [] } = run;
  const store = openPostgresStore(url, { ...run, strategy, cutMs });
  onTestFinished(() => store.close());
  const beats: number[] = [];
  const tally = await cleanThreads(
    store,
    {
      ...{ cutMs, strategy, keep, dryRun },
      progress: { sessions_deleted: 0, checkpoints_deleted: 0 },
    },
    {
      throwIfStopped: () => undefined,
      heartbeat: ({ checkpoints_deleted }) => void beats.push(checkpoints_deleted),
    },
  );
  return { tally, beats };
}

/** Threads `t 10`, `t 11`, … with so many old checkpoints each, and a write and a blob to every one of them. */
async function fill({ rows }: PostgresBench, threads: number, checkpoints: number): Promise<void> {
  const series = `FROM generate_series(10, ${9 + threads}) t, generate_series(1, ${checkpoints}) c`;
  const values = [uuid6At(daysAgo(9)).slice(0, -8)];
  const id = `$1 || lpad(to_hex(c), 8, '0')`;
  await rows(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, checkpoint) SELECT 't ' || t, ${id}, '{}' ${series}`,
    values,
  );
  await rows(
    `INSERT INTO checkpoint_writes (thread_id, checkpoint_id, task_id, idx, channel, blob)
     SELECT 't ' || t, ${id}, 'task', 0, 'messages', '' ${series}`,
    values,
  );
  await rows(`INSERT INTO checkpoint_blobs SELECT 't ' || t, '', 'messages', c::text, 'json', '' ${series}`);
}

async function left({ rows }: PostgresBench) {
  const tables = ['checkpoints', 'checkpoint_writes', 'checkpoint_blobs'];
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  return (await rows(`SELECT ${counts.join(', ')}`))[0];
}

const NOTHING_LEFT = { checkpoints: 0, checkpoint_writes: 0, checkpoint_blobs: 0 };
const [TOO_SHORT_MS, LONG_S] = [1_000, 30];

/** Makes a statement that deletes more than so many checkpoints at once, or any of `t 12`, take for ever. */
const slow = async ({ rows }: PostgresBench, most: number) => {
  await rows(`CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    IF (SELECT count(*) > ${most} OR bool_or(thread_id = 't 12') FROM gone) THEN PERFORM pg_sleep(${LONG_S}); END IF;
    RETURN NULL; END $$`);
  await rows(`CREATE TRIGGER dawdle AFTER DELETE ON checkpoints REFERENCING OLD TABLE AS gone
    FOR EACH STATEMENT EXECUTE FUNCTION dawdle()`);
};

describe('few threads with many rows', () => {
  it.each([
    ['delete', NOTHING_LEFT, 12_000],
    ['keep_latest', { checkpoints: 6, checkpoint_writes: 6, checkpoint_blobs: 0 }, 11_994],
  ] as const)('%s: go in batches by what they hold', { timeout: 60_000 }, async (strategy, rest, removed) => {
    const bench = await postgresBench();
    await fill(bench, 6, 2_000);
    const dry = await clean(bench, { strategy, dryRun: true });
    const { tally, beats } = await clean(bench, { strategy });
    expect(tally).toEqual(dry.tally);
    expect(tally.removed.checkpoints_deleted).toBe(removed);
    expect(beats).toEqual([removed / 3, (removed * 2) / 3, removed]);
    expect(await left(bench)).toEqual(rest);
  });
});

describe('a batch that takes too long', () => {
  it.each(['delete', 'keep_latest'] as const)(
    '%s: is halved; one thread that does is told, and the others go',
    { timeout: 60_000 },
    async (strategy) => {
      const bench = await postgresBench();
      await fill(bench, 5, 3);
      await slow(bench, 6);
      const { tally } = await clean(bench, { strategy, statementTimeoutMs: TOO_SHORT_MS });
      const removed = strategy === 'delete' ? 12 : 8;
      expect(tally).toMatchObject<Partial<CleanupTally>>({
        threads: 5,
        removed: { sessions_deleted: strategy === 'delete' ? 4 : 0, checkpoints_deleted: removed },
        tooSlow: { count: 1, ids: ['t 12'] },
        awake: { count: 0, ids: [] },
      });
      expect(await left(bench)).toMatchObject({ checkpoints: 15 - removed });
    },
  );
});

/** Makes a statement take for ever once it has looked at more than a few checkpoints' ids. */
const slowToLook = async ({ rows }: PostgresBench) => {
  await rows(`CREATE FUNCTION looked(id text) RETURNS text STABLE LANGUAGE plpgsql AS $$ DECLARE looks int := 1; BEGIN
    IF current_setting('test.statement', true) = statement_timestamp()::text THEN
      looks := current_setting('test.looks')::int + 1;
    END IF;
    PERFORM set_config('test.statement', statement_timestamp()::text, false);
    PERFORM set_config('test.looks', looks::text, false);
    IF looks > 30 THEN PERFORM pg_sleep(${LONG_S}); END IF;
    RETURN id; END $$`);
  await rows('ALTER TABLE checkpoints RENAME TO stored');
  await rows(`CREATE VIEW checkpoints AS SELECT thread_id, checkpoint_ns, looked(checkpoint_id) AS checkpoint_id,
    parent_checkpoint_id, checkpoint, metadata FROM stored`);
};

it(
  'a thread that cannot even be looked at in time is told, and keeps nobody else',
  { timeout: 60_000 },
  async () => {
    const bench = await postgresBench();
    await fill(bench, 4, 1);
    await bench.rows(`CREATE FUNCTION looked(thread text, id text) RETURNS text STABLE LANGUAGE plpgsql AS $$ BEGIN
    IF thread = 't 12' THEN PERFORM pg_sleep(${LONG_S}); END IF; RETURN id; END $$`);
    await bench.rows('ALTER TABLE checkpoints RENAME TO stored');
    await bench.rows(`CREATE VIEW checkpoints AS SELECT thread_id, checkpoint_ns, looked(thread_id, checkpoint_id) AS checkpoint_id,
    parent_checkpoint_id, checkpoint, metadata FROM stored`);
    const { tally } = await clean(bench, { dryRun: true, statementTimeoutMs: TOO_SHORT_MS / 2 });
    expect(tally).toMatchObject<Partial<CleanupTally>>({
      ...{ threads: 4, pastRetention: 3, removed: { sessions_deleted: 3, checkpoints_deleted: 3 } },
      tooSlow: { count: 1, ids: ['t 12'] },
    });
    const kept = await clean(bench, { dryRun: true, keep: ['t 12'], statementTimeoutMs: TOO_SHORT_MS / 2 });
    expect(kept.tally).toMatchObject({ threads: 4, keptByName: 1, tooSlow: { count: 0 } });
  },
);

it('a look that takes too long is made at fewer threads', { timeout: 60_000 }, async () => {
  const bench = await postgresBench();
  await fill(bench, 15, 1);
  await slowToLook(bench);
  const { tally } = await clean(bench, { dryRun: true, statementTimeoutMs: TOO_SHORT_MS / 2 });
  expect(tally).toMatchObject<Partial<CleanupTally>>({
    ...{ threads: 15, removed: { sessions_deleted: 15, checkpoints_deleted: 15 } },
    tooSlow: { count: 0, ids: [] },
  });
});
