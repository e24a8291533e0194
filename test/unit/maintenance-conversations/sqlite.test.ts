import { readdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { uuid6At, uuid7At } from './ages.ts';
import { cleanUp, hashOf, sqliteBench } from './kit.ts';
import { chat, daysAgo, load, put } from './savers.ts';

const V4 = '3b241101-e2bb-4255-8caf-4136c566a962';

it('removes whole what is past retention, and nothing else', async () => {
  const { saver, database, rows } = await sqliteBench();
  await chat(saver, 'old', [daysAgo(30), daysAgo(20), daysAgo(8)]);
  await chat(saver, 'old', [daysAgo(9)], 'inner:1');
  await chat(saver, 'mixed', [daysAgo(30), daysAgo(6)]);
  await chat(saver, 'mixed namespaces', [daysAgo(30)]);
  await chat(saver, 'mixed namespaces', [daysAgo(1)], 'inner:1');
  await chat(saver, 'recent', [daysAgo(3), daysAgo(0)]);
  const before = await load(saver, 'mixed');

  const { result, events, line, logged } = await cleanUp(database);
  expect(result).toEqual({
    ...{ sessions_deleted: 1, checkpoints_deleted: 4, sessions_remaining: 3 },
    ...{ errors: [], dry_run: false },
  });
  expect(rows('SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1').map((row) => row['id'])).toEqual(
    ['mixed', 'mixed namespaces', 'recent'],
  );
  expect(rows(`SELECT * FROM writes WHERE thread_id = 'old'`)).toEqual([]);
  expect(rows('SELECT count(*) AS n FROM writes')).toEqual([{ n: 6 }]);
  expect(await load(saver, 'mixed')).toEqual(before);
  expect(before?.writes).toEqual([['messages', 'write 1']]);

  expect(events).toEqual(['session_cleanup_analysis', 'session_cleanup_completed']);
  expect(line('session_cleanup_analysis')).toMatchObject({
    ...{ threads: 4, checkpoints: 10, past_retention: 1, retention_days: 7 },
    ...{ cutoff: '2025-11-21T03:00:00.000Z', undated: { count: 0, threads: [] } },
  });
  expect(line('session_cleanup_completed')).toMatchObject({ sessions_deleted: 1, errors: 0 });
  expect(JSON.stringify(logged)).not.toContain('mixed');
});

it('the cut: exactly as old goes, a millisecond younger stays', async () => {
  const { saver, database, rows } = await sqliteBench();
  await chat(saver, 'exactly', [daysAgo(7)]);
  await chat(saver, 'younger', [daysAgo(7) + 1]);
  expect((await cleanUp(database)).result.sessions_deleted).toBe(1);
  expect(rows('SELECT thread_id AS id FROM checkpoints')).toEqual([{ id: 'younger' }]);
});

it('tells the age of ids of every kind; what it cannot tell is kept and named, in the log by its hash', async () => {
  const { saver, database, rows } = await sqliteBench();
  const old = new Date(daysAgo(20)).toISOString();
  const recent = new Date(daysAgo(2)).toISOString();
  const seconds = String(Math.trunc(daysAgo(20) / 1_000));
  for (const [threadId, id, ts] of [
    ['old v7', uuid7At(daysAgo(20)), recent],
    ['recent v7', uuid7At(daysAgo(2)), old],
    ['old ts', V4, old],
    ['recent ts', V4, recent],
    ['old number', seconds, 'x'],
    ['recent number', String(daysAgo(2)), 'x'],
    ['number with recent ts', seconds, recent],
    ['a counter', '17', 'x'],
    ['"quoted" text\n', 'first', 'yesterday'],
  ] as const) {
    await put(saver, { threadId, id, ts });
  }
  await put(saver, { threadId: 'partly told', id: uuid6At(daysAgo(20)) });
  await put(saver, { threadId: 'partly told', id: 'second' });

  const { result, logged, line } = await cleanUp(database);
  expect(result.sessions_deleted).toBe(3);
  expect(rows('SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1').map((row) => row['id'])).toEqual(
    [
      ...['"quoted" text\n', 'a counter', 'number with recent ts', 'partly told'],
      ...['recent number', 'recent ts', 'recent v7'],
    ],
  );
  expect(result.errors).toEqual([
    'Thread "\\"quoted\\" text\\n": age not decodable, counted as active',
    'Thread "a counter": age not decodable, counted as active',
    'Thread "partly told": age not decodable, counted as active',
  ]);
  expect(line('session_cleanup_analysis')).toMatchObject({
    undated: { count: 3, threads: ['"quoted" text\n', 'a counter', 'partly told'].map(hashOf) },
  });
  expect(line('session_cleanup_completed')).toMatchObject({ errors: 3 });
  expect(JSON.stringify(logged)).not.toMatch(/quoted|counter|partly/);
});

it('names a hundred of those it cannot tell and counts the rest', async () => {
  const { saver, database } = await sqliteBench();
  const threads = Array.from({ length: 205 }, (_, index) => `thread ${index}`);
  for (const threadId of threads) await put(saver, { threadId, id: 'x' });
  const { errors } = (await cleanUp(database)).result;
  expect(errors).toHaveLength(101);
  expect(errors.at(-1)).toBe('105 more threads: age not decodable, counted as active');
});

it('leaves threads alone that are to be kept, even those it could not tell', async () => {
  const { saver, database } = await sqliteBench();
  await chat(saver, 'kept', [daysAgo(30)]);
  await chat(saver, 'not kept', [daysAgo(30)]);
  await put(saver, { threadId: 'kept too', id: 'x' });
  const { result, line } = await cleanUp(database, { settings: { keep: ['kept', 'kept too'] } });
  expect(result).toMatchObject({ sessions_deleted: 1, sessions_remaining: 2, errors: [] });
  expect(line('session_cleanup_analysis')).toMatchObject({ kept_by_name: 2, past_retention: 1 });
  expect((await load(saver, 'kept'))?.values).toMatchObject({ topic: 'topic of kept' });
});

it('a dry run gives the same numbers and changes nothing', async () => {
  const { saver, database, rows } = await sqliteBench();
  await chat(saver, 'old', [daysAgo(30), daysAgo(8)]);
  await chat(saver, 'recent', [daysAgo(3)]);
  const everything = () => [rows('SELECT * FROM checkpoints'), rows('SELECT * FROM writes')];
  const before = everything();
  const dry = await cleanUp(database, { dryRun: true });
  expect(everything()).toEqual(before);
  const real = await cleanUp(database);
  expect(dry.result).toEqual({ ...real.result, dry_run: true });
  expect(real.result).toMatchObject({ sessions_deleted: 1, checkpoints_deleted: 2, sessions_remaining: 1 });
});

it('leaves no files beside a database that nobody has open', async () => {
  const { saver, database, path } = await sqliteBench();
  await chat(saver, 'old', [daysAgo(30)]);
  await saver.close();
  const before = statSync(path).mtimeMs;
  await cleanUp(database, { dryRun: true });
  expect(readdirSync(dirname(path))).toEqual(['memory.db']);
  expect(statSync(path).mtimeMs).toBe(before);
  expect((await cleanUp(database)).result.sessions_deleted).toBe(1);
  expect(readdirSync(dirname(path))).toEqual(['memory.db']);
});

it('takes another retention for one run; zero is refused, never the default', async () => {
  const { saver, database } = await sqliteBench();
  await chat(saver, 'a fortnight', [daysAgo(14)]);
  for (const retentionDays of [0, -1, 0.5, Number.NaN]) {
    await expect(cleanUp(database, { retentionDays })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  }
  expect((await cleanUp(database, { retentionDays: 15 })).result.sessions_deleted).toBe(0);
  const shorter = await cleanUp(database, { retentionDays: 14 });
  expect(shorter.result.sessions_deleted).toBe(1);
  expect(shorter.line('session_cleanup_analysis')).toMatchObject({ retention_days: 14 });
});

it('goes on counting where an earlier attempt stopped', async () => {
  const { saver, database } = await sqliteBench();
  for (const threadId of ['one', 'two', 'three']) await chat(saver, threadId, [daysAgo(30)]);
  await chat(saver, 'recent', [daysAgo(1)]);
  const beats: unknown[] = [];
  const progress = { sessions_deleted: 200, checkpoints_deleted: 900 };
  const { result } = await cleanUp(database, { progress, heartbeat: (beat) => void beats.push(beat) });
  expect(result).toMatchObject({ sessions_deleted: 203, checkpoints_deleted: 903, sessions_remaining: 1 });
  expect(beats).toEqual([{ sessions_deleted: 203, checkpoints_deleted: 903 }]);
});

it('ids that are no Unicode, or empty, are no trap', async () => {
  const { path, database, saver, rows } = await sqliteBench();
  await chat(saver, 'zz recent', [daysAgo(1)]);
  const beside = new DatabaseSync(path);
  const insert = beside.prepare(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint) VALUES (CAST(? AS TEXT), ?, 'json', '{}')`,
  );
  for (const bytes of [[], [0xff], [0xff, 0xfe], [0x61, 0, 0x62], [0xed, 0xa0, 0x80]]) {
    insert.run(new Uint8Array(bytes), uuid6At(daysAgo(30)));
  }
  beside.exec(
    `INSERT INTO checkpoints (thread_id, checkpoint_id) VALUES (x'00ff', 'a blob where a text should be')`,
  );
  beside.close();
  const { result } = await cleanUp(database);
  expect(result).toMatchObject({ sessions_deleted: 5, sessions_remaining: 1, errors: [] });
  expect(rows('SELECT count(*) AS n FROM checkpoints')).toEqual([{ n: 2 }]);
});

it('gives room back to the disk where the database is set up for it', async () => {
  const { saver, database, rows } = await sqliteBench();
  await saver.exec('PRAGMA auto_vacuum = INCREMENTAL');
  await saver.exec('VACUUM');
  const text = 'x'.repeat(50_000);
  for (let index = 0; index < 100; index += 1) {
    await put(saver, {
      threadId: `old ${index}`,
      id: uuid6At(daysAgo(9)),
      changed: { text: { value: text, version: 1 } },
    });
  }
  const pages = () => rows('PRAGMA page_count')[0]?.['page_count'] as number;
  expect(pages()).toBeGreaterThan(1_200);
  await cleanUp(database, { dryRun: true });
  expect(pages()).toBeGreaterThan(1_200);
  await cleanUp(database);
  expect(pages()).toBeLessThan(20);
  expect(rows('PRAGMA freelist_count')).toEqual([{ freelist_count: 0 }]);
});

it('without that, free pages stay for new conversations', async () => {
  const { saver, database, rows } = await sqliteBench();
  const text = 'x'.repeat(500_000);
  await put(saver, {
    threadId: 'old',
    id: uuid6At(daysAgo(9)),
    changed: { text: { value: text, version: 1 } },
  });
  await cleanUp(database);
  expect(rows('PRAGMA freelist_count')[0]?.['freelist_count']).toBeGreaterThan(100);
});
