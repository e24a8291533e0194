/**
 * The row is merely locked, for longer than the slack, and let go again. Whatever extends the lease then has to
 * give a full term from the moment it got the lock: a clock read before the wait would promise less.
 */
import { randomUUID } from 'node:crypto';
import { expect, it } from 'vitest';
import type { Db } from '../../ledger/open.ts';
import { activate } from '../../ledger/queries/activate.ts';
import { reacquireMany } from '../../ledger/queries/reacquire-many.ts';
import { reacquire } from '../../ledger/queries/reacquire.ts';
import { renewMany } from '../../ledger/queries/renew-many.ts';
import { renew } from '../../ledger/queries/renew.ts';
import { renewBySeconds } from '../../ledger/queries/renew-by-seconds.ts';
import { setProtected } from '../../ledger/queries/set-protected.ts';
import { takeOverClaim } from '../../ledger/queries/take-over-claim.ts';
import { track } from '../../ledger/queries/track.ts';
import { activation, amongOthers, meet, openArena, type LeaseNow, type Seed } from './two-sides.ts';

const sessionId = 'abc';
const token = randomUUID();
const leaseMs = 4_000;
const slackMs = 50;
/** Several slacks, and below the ledger's own limit on waiting. */
const HOLD_MS = 400;
const TERM = { sessionId, leaseId: null, leaseMs, slackMs };
const PROVISIONING: Seed = { sessionId, state: 'provisioning', token };

interface Case {
  readonly seed: Seed;
  readonly run: (db: Db, leaseId: string) => Promise<unknown>;
  readonly until: (now: LeaseNow) => number | null;
}

const expires = (now: LeaseNow) => now.expires_ms;
const ACTIVE: Seed = { sessionId, expiresInMs: 1_000 };
const paths = [{ kind: 'path' as const, entry: '/a', fileKey: null }];

const CASES: Readonly<Record<string, Case>> = {
  renew: { seed: ACTIVE, run: (db) => renew(db, TERM), until: expires },
  reacquire: { seed: ACTIVE, run: (db) => reacquire(db, TERM), until: expires },
  'renew among others': {
    seed: ACTIVE,
    run: (db) => amongOthers(db, TERM, { one: renew, many: renewMany }),
    until: expires,
  },
  'reacquire among others': {
    seed: ACTIVE,
    run: (db) => amongOthers(db, TERM, { one: reacquire, many: reacquireMany }),
    until: expires,
  },
  track: { seed: ACTIVE, run: (db) => track(db, { ...TERM, entries: paths, maxEntries: 9 }), until: expires },
  'renew by seconds': { seed: ACTIVE, run: (db, id) => renewBySeconds(db, id, leaseMs), until: expires },
  unprotect: {
    seed: { sessionId, expiresInMs: null },
    run: (db) => setProtected(db, { ...TERM, protect: false }),
    until: expires,
  },
  'unprotect what is not protected': {
    seed: ACTIVE,
    run: (db) => setProtected(db, { ...TERM, protect: false }),
    until: expires,
  },
  activate: {
    seed: PROVISIONING,
    run: (db, id) => activate(db, { ...activation(id, token), leaseMs }),
    until: expires,
  },
  'take over': {
    seed: { ...PROVISIONING, claimEndsInMs: -1 },
    run: (db, leaseId) => takeOverClaim(db, { leaseId, token: randomUUID(), claimMs: leaseMs }),
    until: (now) => now.claim_until_ms,
  },
};

it.each(Object.entries(CASES))('%s', async (_name, { seed, run, until }) => {
  const arena = await openArena();
  const leaseId = await arena.seed(seed);
  const { value, releasedMs } = await meet(arena, {
    a: (db) => db.rows({ name: '', text: 'SELECT FROM lease WHERE lease_id = $1 FOR UPDATE' }, [leaseId]),
    b: () => run(arena.ledger, leaseId),
    end: 'ROLLBACK',
    holdMs: HOLD_MS,
  });
  expect(value).toBeTruthy();
  expect(until(await arena.state(leaseId))).toBeGreaterThanOrEqual(releasedMs + leaseMs);
});
