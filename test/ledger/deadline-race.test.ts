/** Renewals and expiry within 20 ms of the stored deadline, thousands of times: the row lock decides, once. */
import type { Client } from 'pg';
import { expect, it } from 'vitest';
import type { Db } from '../../ledger/open.ts';
import { expireDue, expireDueOfSession } from '../../ledger/queries/expire-due.ts';
import { reacquireMany } from '../../ledger/queries/reacquire-many.ts';
import { reacquire } from '../../ledger/queries/reacquire.ts';
import { renewMany } from '../../ledger/queries/renew-many.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { renewBySeconds } from '../../ledger/queries/renew-by-seconds.ts';
import { track } from '../../ledger/queries/track.ts';
import { amongOthers, dbOn, openArena, openClient, GRACE_MS, TIMES, type Arena } from './two-sides.ts';

const HITS_WANTED = 3_000;
const LANES = 10;
const WINDOW_MS = 20;
/** Time for both sides to get ready: twice as much after a round in which it was too little, up to the second number. */
const [AHEAD_MS, MOST_AHEAD_MS] = [45, 400];

/** Lets the database wait until its own clock reaches the moment, and tells when it is. */
const REACH = `
SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms
FROM pg_sleep(greatest(0, $1::float8 / 1000 - extract(epoch FROM clock_timestamp())))`;
const ARM = `
UPDATE lease SET state = 'active', end_reason = NULL, expires_at = clock_timestamp() + $2 * interval '1 ms'
WHERE lease_id = $1 RETURNING (extract(epoch FROM expires_at) * 1000)::float8 AS ms`;

interface Lane {
  readonly arena: Arena;
  readonly sessionId: string;
  readonly leaseId: string;
  readonly renewing: Client;
  readonly expiring: Client;
}

type Extend = (db: Db, lane: Lane, round: number) => Promise<unknown>;
const term = (lane: Lane) => ({ sessionId: lane.sessionId, leaseId: null, ...TIMES });
const EXTENDERS: readonly Extend[] = [
  (db, lane) => renew(db, term(lane)),
  (db, lane) => reacquire(db, term(lane)),
  (db, lane) => amongOthers(db, term(lane), { one: renew, many: renewMany }),
  (db, lane) => amongOthers(db, term(lane), { one: reacquire, many: reacquireMany }),
  async (db, lane) => (await renewBySeconds(db, lane.leaseId, TIMES.leaseMs)) || undefined,
  (db, lane, round) =>
    track(db, {
      ...term(lane),
      entries: [{ kind: 'path', entry: `/${round}`, fileKey: null }],
      maxEntries: 100_000,
    }),
];

interface Round {
  /** Both sides began within the window around the deadline. */
  readonly hit: boolean;
  readonly outcome: 'renewed' | 'expired' | 'broken';
}

async function msOf(client: Client, sql: string, values: readonly unknown[]): Promise<number> {
  return (await client.query<{ ms: number }>(sql, [...values])).rows[0]?.ms ?? Number.NaN;
}

/** Uniform over the window, a little inside it. */
const offset = () => (Math.random() * 2 - 1) * (WINDOW_MS - 3);

async function playRound(lane: Lane, round: number, aheadMs: number): Promise<Round> {
  const deadline = await msOf(lane.renewing, ARM, [lane.leaseId, aheadMs]);
  const extend = EXTENDERS[round % EXTENDERS.length];
  const renewal = async () => {
    const at = await msOf(lane.renewing, REACH, [deadline + offset()]);
    return { at, extended: (await extend?.(dbOn(lane.renewing), lane, round)) !== undefined };
  };
  const expiry = async () => {
    const at = await msOf(lane.expiring, REACH, [deadline + offset()]);
    const db = dbOn(lane.expiring);
    await (round % 2 === 0 ? expireDueOfSession(db, lane.sessionId, GRACE_MS) : expireDue(db, 100, GRACE_MS));
    return at;
  };
  const [renewed, expiredAt] = await Promise.all([renewal(), expiry()]);
  const now = await lane.arena.state(lane.leaseId);
  const kept = now.state === 'active' && (now.expires_ms ?? 0) >= renewed.at + TIMES.leaseMs;
  const near = (at: number) => Math.abs(at - deadline) <= WINDOW_MS;
  const refused = !renewed.extended && now.state === 'draining';
  return {
    hit: near(renewed.at) && near(expiredAt),
    outcome: renewed.extended && kept ? 'renewed' : refused ? 'expired' : 'broken',
  };
}

it(`${HITS_WANTED} races at the deadline: a success is never followed by an expiry before its term`, async () => {
  const arena = await openArena();
  const lanes = await Promise.all(
    Array.from({ length: LANES }, async (_, place): Promise<Lane> => {
      const sessionId = `session ${place}`;
      const leaseId = await arena.seed({ sessionId });
      const [renewing, expiring] = [
        await openClient(arena.databaseUrl, 'renewing'),
        await openClient(arena.databaseUrl, 'expiring'),
      ];
      return { arena, sessionId, leaseId, renewing, expiring };
    }),
  );
  const counts = { renewed: 0, expired: 0, broken: 0, missed: 0 };
  const giveUpAt = performance.now() + 150_000;
  await Promise.all(
    lanes.map(async (lane) => {
      let aheadMs = AHEAD_MS;
      for (let round = 0; counts.renewed + counts.expired < HITS_WANTED; round += 1) {
        if (performance.now() > giveUpAt) return;
        const { hit, outcome } = await playRound(lane, round, aheadMs);
        aheadMs = hit ? AHEAD_MS : Math.min(2 * aheadMs, MOST_AHEAD_MS);
        if (outcome === 'broken' || hit) counts[outcome] += 1;
        else counts.missed += 1;
      }
    }),
  );
  console.log(`races within ${WINDOW_MS} ms of the deadline: ${JSON.stringify(counts)}`);
  expect(counts.broken).toBe(0);
  expect(counts.renewed + counts.expired).toBeGreaterThanOrEqual(HITS_WANTED);
  expect(Math.min(counts.renewed, counts.expired)).toBeGreaterThanOrEqual(HITS_WANTED / 10);
}, 180_000);
