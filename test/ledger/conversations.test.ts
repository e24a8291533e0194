import { describe, expect, it } from 'vitest';
import { checkpointMs } from '../../ledger/checkpoints/age.ts';
import { AGES, uuid6At } from '../unit/maintenance-conversations/ages.ts';
import { cleanUp, hashOf } from '../unit/maintenance-conversations/kit.ts';
import { chat, configOf, daysAgo, load, put } from '../unit/maintenance-conversations/savers.ts';
import { createDatabase, query } from '../support/databases.ts';
import { postgresBench, rowsOfThread } from './conversations-kit.ts';

const KEEP = { settings: { strategy: 'keep_latest' } } as const;

describe('the time of a checkpoint, in SQL', () => {
  it('is what domain/checkpoint-age.ts says', async () => {
    const { url } = await postgresBench();
    const rows = AGES.map(({ id, ts }, index) => ({
      index,
      checkpoint_id: id,
      checkpoint: ts === undefined ? {} : { ts },
    }));
    const told = await query<{ index: number; ms: string | null }>(
      url,
      `SELECT c.index, ${checkpointMs('c')} AS ms
       FROM jsonb_to_recordset($1) AS c (index int, checkpoint_id text, checkpoint jsonb) ORDER BY c.index`,
      [JSON.stringify(rows)],
    );
    expect(told.map(({ ms }, index) => [AGES[index]?.what, ms === null ? undefined : Number(ms)])).toEqual(
      AGES.map(({ what, ms }) => [what, ms]),
    );
    const odd = await query<{ ms: string | null }>(
      url,
      `SELECT ${checkpointMs('c')} AS ms FROM (VALUES ('x', '[]'::jsonb), ('x', '"ts"'), ('x', 'null'), ('x', '7')) AS c (checkpoint_id, checkpoint)`,
    );
    expect(odd.map(({ ms }) => ms)).toEqual([null, null, null, null]);
  });
});

it('removes whole what is past retention, and nothing else', async () => {
  const bench = await postgresBench();
  const { saver, database, rows } = bench;
  await chat(saver, 'old', [daysAgo(30), daysAgo(20), daysAgo(8)]);
  await chat(saver, 'old', [daysAgo(9)], 'inner:1');
  await chat(saver, 'mixed', [daysAgo(30), daysAgo(6)]);
  await chat(saver, 'recent', [daysAgo(3), daysAgo(0)]);
  const before = await load(saver, 'mixed');
  expect(before?.values).toEqual({ messages: ['message 1 of mixed'], topic: 'topic of mixed' });

  const dry = await cleanUp(database, { dryRun: true });
  expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: 4, writes: 4, blobs: 6 });
  const { result, events, line, logged } = await cleanUp(database);
  expect(result).toEqual({
    ...{ sessions_deleted: 1, checkpoints_deleted: 4, sessions_remaining: 2 },
    ...{ errors: [], dry_run: false },
  });
  expect(dry.result).toEqual({ ...result, dry_run: true });
  expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: 0, writes: 0, blobs: 0 });
  expect(await rowsOfThread(bench, 'mixed')).toEqual({ checkpoints: 2, writes: 2, blobs: 3 });
  expect(await load(saver, 'mixed')).toEqual(before);
  expect(await rows('SELECT DISTINCT thread_id AS id FROM checkpoints ORDER BY 1')).toEqual([
    { id: 'mixed' },
    { id: 'recent' },
  ]);
  expect(events).toEqual(['session_cleanup_analysis', 'session_cleanup_completed']);
  expect(line('session_cleanup_analysis')).toMatchObject({ threads: 3, checkpoints: 8, past_retention: 1 });
  expect(JSON.stringify(logged)).not.toContain('mixed');
});

it('tells the age of ids of every kind; what it cannot tell is kept and named, in the log by its hash', async () => {
  const { saver, database, rows } = await postgresBench();
  const [old, recent] = [new Date(daysAgo(20)).toISOString(), new Date(daysAgo(2)).toISOString()];
  for (const [index, { id, ts, ms }] of AGES.entries()) {
    if (id.includes('\n')) continue;
    const told = typeof ts === 'string' ? ts : 'x';
    const kind = ms === undefined ? 'undated' : ms <= daysAgo(7) ? 'past' : 'active';
    await put(saver, { threadId: `${kind} ${index}`, id, ts: told });
  }
  await put(saver, { threadId: 'past by ts', id: 'x', ts: old });
  await put(saver, { threadId: 'active by ts', id: 'x', ts: recent });
  await put(saver, { threadId: 'undated in part', id: uuid6At(daysAgo(20)) });
  await put(saver, { threadId: 'undated in part', id: 'second' });
  await put(saver, { threadId: 'kept, past', id: uuid6At(daysAgo(20)) });

  const { result, line } = await cleanUp(database, { settings: { keep: ['kept, past'] } });
  const left = (await rows<{ id: string }>('SELECT DISTINCT thread_id AS id FROM checkpoints')).map(
    ({ id }) => id,
  );
  expect(left.filter((id) => id.startsWith('past'))).toEqual([]);
  expect(left).toEqual(expect.arrayContaining(['active by ts', 'undated in part', 'kept, past']));
  expect(result.sessions_deleted).toBeGreaterThan(10);
  const undated = left.filter((id) => id.startsWith('undated'));
  expect(undated.length).toBeGreaterThan(15);
  expect([...result.errors].toSorted()).toEqual(
    undated.map((id) => `Thread "${id}": age not decodable, counted as active`).toSorted(),
  );
  expect(line('session_cleanup_analysis')).toMatchObject({
    undated: { count: undated.length, threads: expect.arrayContaining(undated.map(hashOf)) },
  });
});

describe('keep_latest', () => {
  it('leaves the latest of each namespace, its writes and the blobs it refers to, as LangGraph loads them', async () => {
    const bench = await postgresBench();
    const { saver, database } = bench;
    await chat(saver, 'old', [daysAgo(30), daysAgo(20), daysAgo(8)]);
    await chat(saver, 'old', [daysAgo(29), daysAgo(28)], 'inner:1');
    await chat(saver, 'recent', [daysAgo(30), daysAgo(1)]);
    const [before, innerBefore] = [await load(saver, 'old'), await load(saver, 'old', 'inner:1')];
    expect(before?.values).toEqual({ messages: ['message 2 of old'], topic: 'topic of old' });
    expect(before?.writes).toEqual([['messages', 'write 2']]);

    const dry = await cleanUp(database, { ...KEEP, dryRun: true });
    expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: 5, writes: 5, blobs: 7 });
    const { result } = await cleanUp(database, KEEP);
    expect(result).toEqual({
      ...{ sessions_deleted: 0, checkpoints_deleted: 3, sessions_remaining: 2 },
      ...{ errors: [], dry_run: false },
    });
    expect(dry.result).toEqual({ ...result, dry_run: true });
    expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: 2, writes: 2, blobs: 4 });
    expect(await rowsOfThread(bench, 'recent')).toEqual({ checkpoints: 2, writes: 2, blobs: 3 });
    expect(await load(saver, 'old')).toEqual({ ...before, hasParent: false });
    expect(await load(saver, 'old', 'inner:1')).toEqual({ ...innerBefore, hasParent: false });
    expect((await cleanUp(database, KEEP)).result.checkpoints_deleted).toBe(0);
  });

  it.each([
    [3, 2],
    [4, 1],
  ])('a checkpoint of format %s is left with %s in all, if its parent has sends', async (v, left) => {
    const bench = await postgresBench();
    const { saver, database } = bench;
    const [first, second, third] = [uuid6At(daysAgo(30)), uuid6At(daysAgo(20)), uuid6At(daysAgo(10))];
    const value = (text: string, version: number) => ({ changed: { a: { value: text, version } } });
    await put(saver, { threadId: 'old', id: first, v, ...value('one', 1) });
    await put(saver, { threadId: 'old', id: second, v, parentId: first, ...value('two', 2) });
    await saver.putWrites(configOf('old', '', second), [['__pregel_tasks', { node: 'n', args: 1 }]], 'task');
    await put(saver, { threadId: 'old', id: third, v, parentId: second, unchanged: { a: 2 } });
    const before = await load(saver, 'old');
    const { result } = await cleanUp(database, KEEP);
    expect(result.checkpoints_deleted).toBe(3 - left);
    expect(await rowsOfThread(bench, 'old')).toEqual({ checkpoints: left, writes: left - 1, blobs: 1 });
    expect((await load(saver, 'old'))?.values).toEqual(before?.values);
    expect((await cleanUp(database, KEEP)).result.checkpoints_deleted).toBe(0);
  });

  it('leaves threads with a DeltaChannel whole, told by counters or by a snapshot behind an inline true', async () => {
    const bench = await postgresBench();
    const { saver, database, rows } = bench;
    const counters = { counters_since_delta_snapshot: { messages: [1, 1] } };
    await put(saver, { threadId: 'counted', id: uuid6At(daysAgo(30)), metadata: counters });
    await put(saver, { threadId: 'counted', id: uuid6At(daysAgo(20)) });
    await put(saver, {
      threadId: 'marked',
      id: uuid6At(daysAgo(30)),
      metadata: { delta_writes_versioned: true },
    });
    await put(saver, { threadId: 'marked', id: uuid6At(daysAgo(20)) });
    const snapshot = { changed: { messages: { value: ['all'], version: 1 } } };
    await put(saver, { threadId: 'snapshot', id: uuid6At(daysAgo(30)), ...snapshot });
    await put(saver, { threadId: 'snapshot', id: uuid6At(daysAgo(20)) });
    // As LangGraph for Python stores it: the saver for JavaScript keeps no values inside.
    await rows(`UPDATE checkpoints SET checkpoint = checkpoint || '{"channel_values": {"messages": true}}'
      WHERE thread_id = 'snapshot' AND checkpoint -> 'channel_versions' ? 'messages'`);
    await put(saver, { threadId: 'a plain true', id: uuid6At(daysAgo(30)) });
    await put(saver, { threadId: 'a plain true', id: uuid6At(daysAgo(20)) });
    await rows(
      `UPDATE checkpoints SET checkpoint = checkpoint || '{"channel_values": {"flag": true}}' WHERE thread_id = 'a plain true'`,
    );
    const { result } = await cleanUp(database, KEEP);
    expect(result).toMatchObject({
      checkpoints_deleted: 1,
      errors: ['3 threads use a DeltaChannel: keep_latest leaves them whole'],
    });
    expect((await rowsOfThread(bench, 'snapshot')).checkpoints).toBe(2);
    expect((await cleanUp(database)).result).toMatchObject({ sessions_deleted: 4, errors: [] });
  });
});

describe('databases that are not as they should be', () => {
  const ZEROS = { sessions_deleted: 0, checkpoints_deleted: 0, sessions_remaining: 0, dry_run: false };
  const at = (url: string) => ({ kind: 'postgres', url }) as const;

  it('missing tables are nothing to do', async () => {
    const url = await createDatabase('conversations', { empty: true });
    await query(url, 'CREATE TABLE checkpoint_writes (thread_id text)');
    const { result, logged } = await cleanUp(at(url));
    expect(result).toEqual({ ...ZEROS, errors: [] });
    expect(logged).toMatchObject([
      { event: 'session_cleanup_skipped', reason: 'no table checkpoints, checkpoint_blobs' },
    ]);
    await query(url, 'CREATE TABLE checkpoints (thread_id text)');
    expect((await cleanUp(at(url))).result.errors).toEqual(['Unexpected checkpoints table schema']);
  });

  it('unknown columns, or columns of another type, are an error', async () => {
    const { database, rows } = await postgresBench();
    await rows(
      'ALTER TABLE checkpoints ALTER COLUMN checkpoint TYPE text, ALTER COLUMN metadata DROP DEFAULT',
    );
    await rows('ALTER TABLE checkpoint_blobs RENAME version TO channel_version');
    const { result, logged } = await cleanUp(database);
    expect(result).toEqual({ ...ZEROS, errors: ['Unexpected checkpoints table schema'] });
    expect(logged).toMatchObject([
      {
        event: 'session_cleanup_failed',
        reason: 'without checkpoints.checkpoint jsonb, checkpoint_blobs.version text',
      },
    ]);
  });

  it('columns and tables that a later saver adds are no reason to stop', async () => {
    const { saver, database, rows } = await postgresBench();
    await rows(`ALTER TABLE checkpoint_writes ADD COLUMN task_path text NOT NULL DEFAULT ''`);
    await chat(saver, 'old', [daysAgo(9)]);
    expect((await cleanUp(database)).result).toMatchObject({ sessions_deleted: 1, errors: [] });
  });

  it.each([
    ['no such server', 'postgres://127.0.0.1:1/x'],
    ['no such database', undefined],
  ])('%s is a database error; what it is stands in the log only', async (_what, address) => {
    const url = new URL(address ?? (await createDatabase('conversations', { empty: true })));
    if (address === undefined) url.pathname = '/nowhere';
    const { result, logged } = await cleanUp(at(url.href));
    expect(result).toEqual({ ...ZEROS, errors: ['Database error'] });
    expect(logged).toMatchObject([
      { event: 'session_cleanup_failed', reason: expect.stringMatching(/ECONNREFUSED|nowhere/) },
    ]);
  });

  it('finds the tables by the search path of the address', async () => {
    const { url, rows } = await postgresBench();
    await rows('CREATE SCHEMA chat');
    for (const table of ['checkpoints', 'checkpoint_writes', 'checkpoint_blobs']) {
      await rows(`ALTER TABLE ${table} SET SCHEMA chat`);
    }
    expect((await cleanUp(at(url))).events).toEqual(['session_cleanup_skipped']);
    await rows(
      `INSERT INTO chat.checkpoints VALUES ('old', '', '${uuid6At(daysAgo(9))}', NULL, NULL, '{}', '{}')`,
    );
    const withPath = `${url}?options=${encodeURIComponent('-c search_path=chat')}`;
    expect((await cleanUp(at(withPath))).result).toMatchObject({ sessions_deleted: 1, errors: [] });
  });
});
