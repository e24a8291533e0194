/** `npm run orphans`: the real program on a ledger whose last sweep is fresh. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { pauseDeletions } from '../../leases/index.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { until } from '../support/until.ts';
import { acquireOf, CONTEXT, openBench, type Bench } from './kit.ts';
import { appear, closedLease, listedKinds, storeIds, sweepOnce } from './sweep-kit.ts';

const UNKNOWN = '00000000-0000-4000-8000-000000000001';

interface Ended {
  readonly code: number | null;
  readonly out: string;
  readonly told: string;
}

/** Runs the command; `typed` is what the operator answers. */
async function orphans(bench: Bench, args: readonly string[], typed = ''): Promise<Ended> {
  const child = spawn(process.execPath, [join(PROJECT_ROOT, 'operator/orphans-command.ts'), ...args], {
    env: { ...scrubbedEnv(), ENV_FILE: 'none', DATABASE_URL: bench.databaseUrl },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let [out, told] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  child.stdin.end(typed === '' ? '' : `${typed}\n`);
  const code = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
  });
  return { code, out, told };
}

it('without arguments: what the last sweep counted', async () => {
  const bench = await openBench();
  expect(await orphans(bench, [])).toMatchObject({
    code: 1,
    told: expect.stringContaining('no valid sweep'),
  });
  await appear(bench);
  await sweepOnce(bench);
  const { code, out } = await orphans(bench, []);
  expect([code, JSON.parse(out)]).toMatchObject([0, { foreign: 1 }]);
});

it('--adopt gives each lost store a lease of one length: its own id, and its own session where that is free', async () => {
  const bench = await openBench();
  const other = '00000000-0000-4000-8000-000000000002';
  const lost = await appear(bench, { leaseId: UNKNOWN, sessionId: 'lost' });
  const taken = await appear(bench, { leaseId: other, sessionId: 'busy' });
  const twin = await appear(bench, { leaseId: UNKNOWN, sessionId: 'lost' });
  const nameless = await appear(bench, { instanceId: bench.deps.settings.instanceId });
  const foreign = await appear(bench);
  await bench.leases.acquire(acquireOf('busy'));
  await sweepOnce(bench);
  // The older of two keeps the lease id.
  await bench.sql(`UPDATE listed_store SET created_at = created_at - interval '1 s' WHERE store_id = $1`, [
    lost,
  ]);

  const refused = await orphans(bench, ['--adopt'], 'adopt 3');
  expect(refused).toMatchObject({ code: 1, told: expect.stringContaining('nothing was done') });
  expect(await bench.sql('SELECT FROM lease')).toHaveLength(1);
  const { code, out } = await orphans(bench, ['--adopt'], 'adopt 4');
  expect(code).toBe(0);
  expect(JSON.parse(out)).toMatchObject({ chosen: 4, taken: [] });

  expect(await bench.leases.get('lost')).toMatchObject({
    ...{ leaseId: UNKNOWN, vectorStoreId: lost, state: 'active', protected: false, registered: false },
  });
  expect((await bench.leases.get('lost')).leftMs).toBeGreaterThan(3_500_000);
  expect(await bench.leases.get(`adopted-${other}`)).toMatchObject({ leaseId: other, vectorStoreId: taken });
  const rows = await bench.sql<{ vector_store_id: string; session_id: string; lease_id: string }>(
    'SELECT vector_store_id, session_id, lease_id FROM lease',
  );
  for (const storeId of [twin, nameless]) {
    const row = rows.find((one) => one.vector_store_id === storeId);
    expect(row?.session_id).toBe(`adopted-${row?.lease_id}`);
  }
  // None of them is an orphan now, however often it is seen.
  const impatient = await bench.another({ settings: { orphanMinAgeMs: 0, youngObjectMs: 0 } });
  for (let times = 0; times < 3; times += 1) await sweepOnce(impatient);
  expect(await storeIds(bench)).toHaveLength(6);
  expect((await listedKinds(bench))[foreign]).toBe('foreign');
  // Used as any other: the next acquire of the session gets it back.
  expect(await bench.leases.acquire(acquireOf('lost'))).toMatchObject({ vectorStoreId: lost, reused: true });
});

it('--adopt --instance takes the stores of a lost installation, and not those of this one', async () => {
  const bench = await openBench();
  const theirs = await appear(bench, {
    leaseId: UNKNOWN,
    instanceId: 'lost-installation',
    sessionId: 'theirs',
  });
  const third = await appear(bench, { leaseId: randomUUID(), instanceId: 'third' });
  await sweepOnce(bench);
  const { instanceId } = bench.deps.settings;
  expect((await orphans(bench, ['--adopt', '--instance', instanceId])).code).toBe(2);
  expect((await orphans(bench, ['--adopt', '--instance', 'lost-installation'], 'adopt 1')).code).toBe(0);
  expect(await bench.leases.get('theirs')).toMatchObject({ leaseId: UNKNOWN, vectorStoreId: theirs });
  await sweepOnce(bench);
  expect(await listedKinds(bench)).toEqual({ [theirs]: 'held', [third]: 'foreign' });
});

it('--name-prefix lists untagged stores; with --delete and the typed words it deletes them, with proof', async () => {
  const bench = await openBench({ youngObjectMs: 0 });
  const old = await appear(bench, {}, 'scratch one');
  const tagged = await appear(bench, { instanceId: 'another', leaseId: UNKNOWN }, 'scratch of another');
  const named = await appear(bench, {}, 'precious');
  await closedLease(bench);
  await sweepOnce(bench);
  const choose = ['--name-prefix', 'scratch', '--older-than'];
  expect(JSON.parse((await orphans(bench, [...choose, '1h'])).out)).toMatchObject({ chosen: 0 });
  await until(async () => (await orphans(bench, [...choose, '1s'])).out.includes('"chosen": 1'), {
    describe: 'it is older than a second',
  });
  const dry = await orphans(bench, [...choose, '1s']);
  expect(JSON.parse(dry.out)).toMatchObject({
    dry_run: true,
    stores: [{ store_id: old, name: 'scratch one' }],
  });
  expect((await orphans(bench, [...choose, '1s', '--delete'])).code).toBe(1);
  expect(await storeIds(bench)).toEqual([old, tagged, named].toSorted());

  const running = orphans(bench, [...choose, '1s', '--delete'], 'delete 1');
  const leaseId = await until(
    async () =>
      (await bench.sql<{ id: string }>(`SELECT lease_id AS id FROM lease WHERE state = 'draining'`))[0]?.id,
    { describe: 'a lease that drains it' },
  );
  await bench.keeper.deleteStore(leaseId, CONTEXT);
  const { code, out } = await running;
  expect([code, JSON.parse(out)]).toEqual([0, { dry_run: false, chosen: 1, gone: 1, taken: [], left: [] }]);
  expect(await storeIds(bench)).toEqual([tagged, named].toSorted());
});

it('reports what is left when the time is up, and leaves what was leased meanwhile', async () => {
  const bench = await openBench();
  await appear(bench, {}, 'scratch');
  const leased = await appear(bench, {}, 'scratch too');
  await sweepOnce(bench);
  await bench.leases.register({ sessionId: 'abc', vectorStoreId: leased, protect: false, requestId: 'test' });
  await bench.sql(`UPDATE listed_store SET created_at = created_at - interval '1 min'`);
  const args = ['--name-prefix', 'scratch', '--older-than', '5s', '--delete', '--wait-seconds', '0'];
  const { code, out } = await orphans(bench, args, 'delete 2');
  expect([code, JSON.parse(out)]).toMatchObject([1, { gone: 0, taken: [leased], left: [{ stuck: false }] }]);
});

it('reports what it had done where it fails half way', async () => {
  const bench = await openBench();
  const { instanceId } = bench.deps.settings;
  const names = [await appear(bench, {}, 'scratch'), await appear(bench, {}, 'scratch too')] as const;
  const lost = [await appear(bench, { instanceId }), await appear(bench, { instanceId })] as const;
  await sweepOnce(bench);
  await bench.sql(
    `UPDATE listed_store SET created_at = to_timestamp(CASE store_id WHEN $1 THEN 2 WHEN $2 THEN 2 ELSE 1 END)`,
    [names[1], lost[1]],
  );
  await bench.sql(`ALTER TABLE store ADD CHECK (store_id <> '${names[1]}' AND store_id <> '${lost[1]}')`);
  const args = ['--name-prefix', 'scratch', '--older-than', '5s', '--delete'];
  const removed = await orphans(bench, args, 'delete 2');
  expect(removed).toMatchObject({ code: 1, told: expect.stringContaining('check constraint') });
  expect(JSON.parse(removed.out)).toMatchObject({ chosen: 2, begun: [{ store_id: names[0] }], taken: [] });
  const adopted = await orphans(bench, ['--adopt'], 'adopt 2');
  expect(adopted).toMatchObject({ code: 1, told: expect.stringContaining('check constraint') });
  expect(JSON.parse(adopted.out)).toMatchObject({ chosen: 2, adopted: [{ store_id: lost[0] }], taken: [] });
});

it('deletes nothing while deletions are paused, nor by a listing that is old', async () => {
  const bench = await openBench();
  await appear(bench, {}, 'scratch');
  await sweepOnce(bench);
  await bench.sql(`UPDATE listed_store SET created_at = created_at - interval '1 min'`);
  const args = ['--name-prefix', 'scratch', '--older-than', '5s', '--delete'];
  await pauseDeletions(bench.ledger, { by: 'test', reason: 'test' });
  expect(await orphans(bench, args, 'delete 1')).toMatchObject({
    code: 1,
    told: expect.stringContaining('Deletions are paused'),
  });
  expect(await bench.sql('SELECT FROM lease')).toEqual([]);
  await bench.sql(`UPDATE sweep_run SET finished_at = finished_at - interval '16 min'`);
  expect(await orphans(bench, args, 'delete 1')).toMatchObject({
    code: 1,
    told: expect.stringContaining('16 minutes ago'),
  });
});

it('explains itself when it is called wrongly', async () => {
  const bench = await openBench();
  const wrong = [
    ['--delete'],
    ['--name-prefix', 'a'],
    ['--name-prefix', '', '--older-than', '1d'],
    ['--name-prefix', 'a', '--older-than', 'soon'],
    ['--adopt', '--delete'],
    ['--instance', 'x'],
    ['what'],
  ];
  const ended = await Promise.all(wrong.map((args) => orphans(bench, args)));
  for (const [index, one] of ended.entries()) {
    expect(one, wrong[index]?.join(' ')).toMatchObject({ code: 2, told: expect.stringContaining('usage:') });
  }
});
