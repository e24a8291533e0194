/** No lease ends because nobody could renew it: what a silent api, a ledger that was away, and an outage do to a deadline. */
import { beforeEach, describe, expect, it } from 'vitest';
import { OUTAGE_AFTER_MS } from '../../domain/pulse.ts';
import { checkWorkflows } from '../../ledger/queries/check-workflows.ts';
import { expireDue, expireDueOfSession, type ExpiredLease } from '../../ledger/queries/expire-due.ts';
import { giveUpClaim } from '../../ledger/queries/give-up-claim.ts';
import { recordPulse } from '../../ledger/queries/pulse.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { seeSession } from '../../ledger/queries/see-session.ts';
import { meet, openArena, TIMES, type Arena } from './two-sides.ts';

const sessionId = 'abc';
const GRACE_MS = 60_000;
const API = { by: 'api', graceMs: GRACE_MS } as const;
const WORKER = { by: 'worker', graceMs: GRACE_MS } as const;

let arena: Arena;
let setUpAt = 0;
/** Milliseconds by which the clock may have gone on since the test began to set its times. */
const passedMs = () => performance.now() - setUpAt + 50;
beforeEach(async () => {
  arena = await openArena();
  setUpAt = performance.now();
  await arena.sql('DELETE FROM outage');
  await pulse({ api: null, seen: 0, since: 3_600_000 });
});

/** Milliseconds ago: when an api and when anybody was heard from last, and since when without a gap. */
async function pulse(ago: { api: number | null; seen: number; since: number }): Promise<void> {
  const before = (n: number) => `clock_timestamp() - $${n}::float8 * interval '1 ms'`;
  await arena.sql(
    `UPDATE pulse SET api_seen_at = ${before(1)}, seen_at = ${before(2)}, heard_since = ${before(3)}`,
    [ago.api, ago.seen, ago.since],
  );
}

/** Milliseconds ago it began and ended, and from now until when it spares. */
async function outage(fromAgo: number, toAgo: number, sparesFor: number): Promise<void> {
  await arena.sql(
    `INSERT INTO outage (from_at, to_at, spared_until) SELECT now - $1 * interval '1 ms', now - $2 * interval '1 ms',
       now + $3 * interval '1 ms' FROM (SELECT clock_timestamp() AS now) AS t`,
    [fromAgo, toAgo, sparesFor],
  );
}

const EXPIRERS: Readonly<Record<string, (graceMs: number) => Promise<ExpiredLease | undefined>>> = {
  'one session': (graceMs) => expireDueOfSession(arena.ledger, sessionId, graceMs),
  'all sessions': async (graceMs) => (await expireDue(arena.ledger, 10, graceMs))[0],
};
const outages = () => arena.sql<{ from_at: Date; to_at: Date; spared_until: Date }>('SELECT * FROM outage');
const dueAgo = (ms: number) => arena.seed({ sessionId, expiresInMs: -ms });
/** When the workflow looks again and when the outbox becomes uneasy, in milliseconds. */
async function look(graceMs = GRACE_MS): Promise<{ dueInMs: number; wakeInMs: number }> {
  const [seen] = await seeSession(arena.ledger, sessionId, graceMs);
  const [row] = await arena.sql<{ ms: number }>(
    `SELECT (extract(epoch FROM wake_at - clock_timestamp()) * 1000)::float8 AS ms FROM lease`,
  );
  return { dueInMs: seen?.dueInMs ?? Number.NaN, wakeInMs: row?.ms ?? Number.NaN };
}
const about = (ms: number) =>
  expect.toSatisfy((found: number) => Math.abs(found - ms) <= passedMs(), `about ${ms}`) as number;

interface Case {
  readonly pulse: { api: number | null; seen: number; since: number };
  readonly dueAgoMs: number;
  readonly graceMs?: number;
  /** Milliseconds after it was due; null = it waits. */
  readonly late: number | null;
  /** For one that waits: when the workflow looks again. */
  readonly lookInMs?: number;
}
const LONG = 3_600_000;

describe.each(Object.entries(EXPIRERS))('expiry of %s', (_name, expire) => {
  it.each<[string, Case]>([
    ['no api was ever heard from', { pulse: { api: null, seen: 0, since: LONG }, dueAgoMs: 200, late: 200 }],
    ['all is well', { pulse: { api: 900, seen: 100, since: LONG }, dueAgoMs: 200, late: 200 }],
    [
      'the api is silent, perhaps for a moment only',
      { pulse: { api: 3_500, seen: 0, since: LONG }, dueAgoMs: 1_000, late: null, lookInMs: 1_500 },
    ],
    [
      'the api has been away for a while',
      { pulse: { api: 40_000, seen: 0, since: LONG }, dueAgoMs: 10_000, late: null, lookInMs: 50_000 },
    ],
    [
      'it fell due while the api was still there',
      { pulse: { api: 40_000, seen: 0, since: LONG }, dueAgoMs: 41_000, late: 41_000 },
    ],
    [
      'the api has been away for the whole grace',
      { pulse: { api: 90_000, seen: 0, since: LONG }, dueAgoMs: 80_000, late: 20_000 },
    ],
    [
      'the ledger is back and has heard from nobody yet',
      { pulse: { api: LONG, seen: LONG, since: 2 * LONG }, dueAgoMs: 90_000, late: null, lookInMs: 1_000 },
    ],
    [
      'the ledger is back, a worker came first',
      { pulse: { api: LONG, seen: 0, since: 2_000 }, dueAgoMs: 90_000, late: null, lookInMs: 58_000 },
    ],
    [
      'the grace is off',
      { pulse: { api: 40_000, seen: 0, since: LONG }, dueAgoMs: 10_000, graceMs: 0, late: 10_000 },
    ],
    [
      'the grace is shorter than the doubt',
      { pulse: { api: 3_500, seen: 0, since: LONG }, dueAgoMs: 1_500, graceMs: 1_000, late: 500 },
    ],
  ])('%s', async (_what, { pulse: ago, dueAgoMs, graceMs = GRACE_MS, late, lookInMs }) => {
    await pulse(ago);
    const leaseId = await dueAgo(dueAgoMs);
    const expired = await expire(graceMs);
    expect((await arena.state(leaseId)).state).toBe(late === null ? 'active' : 'draining');
    if (late !== null) {
      expect(expired?.lateMs).toBeGreaterThanOrEqual(late);
      expect(expired?.lateMs).toBeLessThan(late + passedMs());
      return;
    }
    expect(expired).toBeUndefined();
    const next = await look(graceMs);
    expect(next).toEqual({ dueInMs: about(lookInMs ?? 0), wakeInMs: about((lookInMs ?? 0) + 30_000) });
  });

  it.each([
    ['before it', 31_000, 'draining'],
    ['in it', 29_000, 'active'],
    ['as it ended', 20_000, 'active'],
    ['soon after it', 500, 'active'],
  ])('an outage spares what fell due in it, not what fell due %s', async (_when, ago, state) => {
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(30_000, 20_000, 40_000);
    const leaseId = await dueAgo(ago);
    await expire(GRACE_MS);
    expect((await arena.state(leaseId)).state).toBe(state);
    if (state === 'active') expect((await look()).dueInMs).toEqual(about(40_000));
  });

  it('ends it when the grace has passed, and is late from then on only', async () => {
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(120_000, 60_000, -300);
    const leaseId = await dueAgo(100_000);
    const expired = await expire(GRACE_MS);
    expect((await arena.state(leaseId)).state).toBe('draining');
    expect(expired?.lateMs).toBeGreaterThanOrEqual(300);
    expect(expired?.lateMs).toBeLessThan(300 + passedMs());
  });

  it('goes by the longest of several outages that concern the lease, and by no other', async () => {
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(300_000, 280_000, -220_000);
    await outage(100_000, 50_000, 10_000);
    await outage(20_000, 10_000, 50_000);
    const leaseId = await dueAgo(60_000);
    await expire(GRACE_MS);
    expect((await arena.state(leaseId)).state).toBe('active');
    expect((await look()).dueInMs).toEqual(about(10_000));
  });

  it('does not end what an outage spares that is being written down at this moment', async () => {
    await pulse({ api: 20_000, seen: 0, since: LONG });
    const leaseId = await dueAgo(10_000);
    await arena.ledger.transaction(async (db) => {
      expect(await recordPulse(db, API)).toBeDefined();
      expect(await expire(GRACE_MS)).toBeUndefined();
    });
    expect(await expire(GRACE_MS)).toBeUndefined();
    expect((await arena.state(leaseId)).state).toBe('active');
  });
});

describe('a lease that waits', () => {
  it('is renewed as ever', async () => {
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(30_000, 20_000, 40_000);
    const leaseId = await dueAgo(25_000);
    expect(await renew(arena.ledger, { sessionId, leaseId, ...TIMES })).toMatchObject({ written: true });
    expect((await look()).dueInMs).toBeGreaterThan(TIMES.leaseMs);
  });

  it('is not taken for one that nobody looks after, until it is due', async () => {
    const late = { lateMs: 5_000, graceMs: GRACE_MS };
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(30_000, 20_000, 40_000);
    await dueAgo(25_000);
    await look();
    expect(await checkWorkflows(arena.ledger, late, 10)).toEqual([]);
    await arena.sql(`UPDATE outage SET spared_until = clock_timestamp() - interval '6 s'`);
    expect(await checkWorkflows(arena.ledger, late, 10)).toEqual([{ sessionId, finding: 'overdue' }]);
  });

  it('is told its deadline, not the grace', async () => {
    await pulse({ api: 0, seen: 0, since: LONG });
    await outage(30_000, 20_000, 40_000);
    await dueAgo(25_000);
    const [seen] = await seeSession(arena.ledger, sessionId, GRACE_MS);
    expect(seen?.leftMs).toBeLessThan(-24_000);
  });
});

it('a lease that is not due yet is looked at when it is, whoever is silent', async () => {
  await pulse({ api: 40_000, seen: 0, since: LONG });
  await arena.seed({ sessionId, expiresInMs: 20_000 });
  expect(await look()).toEqual({ dueInMs: about(20_000), wakeInMs: about(50_000) });
});

it.each([
  ['an api was there all the time', { api: 0, seen: 0, since: LONG }, 'draining'],
  ['no api was there when it should have been', { api: 30_000, seen: 0, since: LONG }, 'provisioning'],
])('a claim that nobody settled, while %s', async (_when, ago, state) => {
  await pulse(ago);
  const leaseId = await arena.seed({ sessionId, state: 'provisioning', claimEndsInMs: -100 });
  await arena.sql(`UPDATE lease SET created_at = clock_timestamp() - interval '40 s'`);
  await giveUpClaim(arena.ledger, sessionId, { giveUpMs: 20_000, graceMs: GRACE_MS });
  expect((await arena.state(leaseId)).state).toBe(state);
});

describe('the pulse', () => {
  it("an api's first beat, and one that comes a little late, are no outage", async () => {
    expect(await recordPulse(arena.ledger, API)).toBeUndefined();
    await pulse({ api: OUTAGE_AFTER_MS - 2_000, seen: OUTAGE_AFTER_MS - 2_000, since: LONG });
    expect(await recordPulse(arena.ledger, API)).toBeUndefined();
    expect(await outages()).toEqual([]);
  });

  it('the first beat after an outage writes it down, with the end of the grace', async () => {
    await pulse({ api: 10_000, seen: 0, since: LONG });
    const told = await recordPulse(arena.ledger, API);
    const [row] = await outages();
    const [from, to, until] = [row?.from_at, row?.to_at, row?.spared_until].map((at) => at?.getTime() ?? 0);
    expect((to ?? 0) - (from ?? 0)).toEqual(about(10_000));
    expect((until ?? 0) - (to ?? 0)).toBe(GRACE_MS);
    expect(told).toMatchObject({ from: row?.from_at.toISOString(), to: row?.to_at.toISOString() });
    expect(await recordPulse(arena.ledger, API)).toBeUndefined();
  });

  it("a worker's beat neither stands for an api nor ends its outage", async () => {
    await pulse({ api: 10_000, seen: 10_000, since: LONG });
    expect(await recordPulse(arena.ledger, WORKER)).toBeUndefined();
    expect(await outages()).toEqual([]);
    const [row] = await arena.sql<{ silent: boolean; back: boolean }>(
      `SELECT api_seen_at < clock_timestamp() - interval '9 s' AS silent,
         heard_since > clock_timestamp() - interval '5 s' AS back FROM pulse`,
    );
    expect(row).toEqual({ silent: true, back: true });
    expect(await recordPulse(arena.ledger, API)).toBeDefined();
  });

  it('of two apis that are back at once one writes the outage down', async () => {
    await pulse({ api: 10_000, seen: 0, since: LONG });
    const { value } = await meet(arena, {
      a: (db) => recordPulse(db, API),
      b: () => recordPulse(arena.ledger, API),
      end: 'COMMIT',
    });
    expect(value).toBeUndefined();
    expect(await outages()).toHaveLength(1);
  });

  it('of two apis the other one does, where the first did not get through', async () => {
    await pulse({ api: 10_000, seen: 0, since: LONG });
    const { value } = await meet(arena, {
      a: (db) => recordPulse(db, API),
      b: () => recordPulse(arena.ledger, API),
      end: 'ROLLBACK',
    });
    expect(value).toBeDefined();
    expect(await outages()).toHaveLength(1);
  });

  it('a clock that is set back is followed', async () => {
    await pulse({ api: -LONG, seen: -LONG, since: LONG });
    expect(await recordPulse(arena.ledger, API)).toBeUndefined();
    await dueAgo(100);
    expect(await expireDueOfSession(arena.ledger, sessionId, GRACE_MS)).toBeDefined();
  });

  it.each([
    ['an api', API],
    ['a worker', WORKER],
  ])(
    'an outage that a clock gone ahead wrote down ends when %s beats by the right one',
    async (_who, beat) => {
      await pulse({ api: -LONG, seen: -LONG, since: LONG });
      await outage(30_000, -LONG, LONG + GRACE_MS);
      const leaseId = await dueAgo(20_000);
      expect(await recordPulse(arena.ledger, beat)).toBeUndefined();
      // It fell due in the true part of the outage, and has its grace.
      expect(await expireDueOfSession(arena.ledger, sessionId, GRACE_MS)).toBeUndefined();
      expect((await look()).dueInMs).toEqual(about(GRACE_MS));
      await arena.sql(`UPDATE lease SET expires_at = clock_timestamp() + $1 * interval '1 ms'`, [
        2 * GRACE_MS,
      ]);
      expect((await look()).dueInMs).toEqual(about(2 * GRACE_MS));
      expect((await arena.state(leaseId)).state).toBe('active');
      expect(await outages()).toHaveLength(1);
    },
  );

  it('a clock that is set forward ends nothing by itself', async () => {
    await pulse({ api: LONG, seen: LONG, since: 2 * LONG });
    const leaseId = await dueAgo(LONG / 2);
    expect(await expireDueOfSession(arena.ledger, sessionId, GRACE_MS)).toBeUndefined();
    await recordPulse(arena.ledger, WORKER);
    expect(await expireDueOfSession(arena.ledger, sessionId, GRACE_MS)).toBeUndefined();
    await recordPulse(arena.ledger, API);
    expect(await expireDueOfSession(arena.ledger, sessionId, GRACE_MS)).toBeUndefined();
    expect((await arena.state(leaseId)).state).toBe('active');
    expect((await look()).dueInMs).toEqual(about(GRACE_MS));
  });

  it('outages are forgotten a week after they concern anybody', async () => {
    const day = 86_400_000;
    await outage(10 * day, 9 * day, -8 * day);
    await outage(8 * day, 7 * day, -6 * day);
    await recordPulse(arena.ledger, API);
    expect(await outages()).toHaveLength(1);
  });
});
