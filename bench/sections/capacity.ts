import { randomUUID } from 'node:crypto';
import { ensureAccount } from '../../ledger/index.ts';
import { claimAtGate } from '../../ledger/queries/claim-at-gate.ts';
import { claimPlaces } from '../../ledger/queries/claim-places.ts';
import { claim, type ClaimInput } from '../../ledger/queries/claim.ts';
import type { Ledger } from '../../ledger/open.ts';
import { load } from '../load.ts';
import { openRaw } from '../raw-statements.ts';
import type { Report } from '../report.ts';
import { inRounds } from '../rounds.ts';
import { openSql } from '../sql.ts';
import { percentile } from '../statistics.ts';
import type { World } from '../world.ts';

const SECONDS = 2;
const IN_FLIGHT = 16;
/** A large account; half of its stores are only known from the listing. */
const STORES = 10_000;
const FAR = 1_000_000;
/** More than one round can use up. */
const MOST_ACQUIRES = 4_000;
/** Claims of one round near full, given back after it. */
const NEARLY = 10;
const NEAR_ROUNDS = 20;

const ACCOUNT = { provider: 'bench', baseUrl: 'x', organization: '', testMode: true, keyFingerprint: 'x' };

/** `$1` stores of the only account: three quarters of them under a lease, half of them listed. */
const SEED = `
WITH made AS (
  INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, protected, wake_at)
  SELECT gen_random_uuid(), 'seeded ' || n, 'active', account_id, 'vs_' || n, true, now() + interval '1 day'
  FROM account, generate_series(1, $1::int * 3 / 4) AS n RETURNING lease_id, vector_store_id
), held AS (
  INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state)
  SELECT provider, base_url, vector_store_id, account_id, lease_id, 'held' FROM made, account
)
INSERT INTO listed_store (account_id, store_id, kind, name, status, created_at, usage_bytes, sightings, last_run_id)
SELECT account_id, 'vs_' || n, CASE WHEN n > $1::int * 3 / 4 THEN 'foreign' ELSE 'held' END, 'x', 'completed', now(),
  1, 1, 1
FROM account, generate_series($1::int / 2 + 1, $1::int) AS n`;

async function seed(databaseUrl: string, stores: number): Promise<void> {
  const sql = await openSql(databaseUrl);
  await sql.rows(SEED, [stores]);
  await sql.rows('ANALYZE');
  await sql.end();
}

function claimFor(accountId: number): ClaimInput {
  const [leaseId, sessionId, token] = [randomUUID(), randomUUID(), randomUUID()];
  return { leaseId, sessionId, token, accountId, claimMs: 3_600_000, protect: false };
}

async function claimRate(one: () => Promise<unknown>): Promise<{ readonly perSecond: number }> {
  const end = performance.now() + SECONDS * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (; performance.now() < end; done += 1) await one();
    }),
  );
  return { perSecond: done / SECONDS };
}

/** Claims in one statement, with and without the gate. */
async function benchFar(ledger: Ledger, accountId: number, report: Report): Promise<void> {
  const rule = { storeLimit: FAR, countForeign: true };
  const input = { accountId, rule, claimMs: 60_000, claims: [claimFor(accountId)] };
  await ledger.transaction((db) => claimPlaces(db, input));
  const passed = async (): Promise<void> => {
    const outcome = await claimAtGate(ledger, claimFor(accountId), rule);
    if (outcome !== 'claimed') throw new Error(`far from full a claim was ${outcome}`);
  };
  const rates = await inRounds({
    free: () => claimRate(() => claim(ledger, claimFor(accountId))),
    gate: () => claimRate(passed),
  });
  report.line(
    `  the claim's statement without a limit ${Math.round(rates.free.perSecond)}/s, far from full ${Math.round(rates.gate.perSecond)}/s`,
  );
}

/** Whole first acquires over HTTP, with a limit that is far away and without one; no worker runs. */
async function benchAcquires(world: World, report: Report): Promise<void> {
  const start = async (name: string, limit: number) =>
    world.api({
      DATABASE_URL: await world.database(name),
      MAX_VECTOR_STORES: limit,
      TEMPORAL_NAMESPACE: 'bench-none',
      LOG_LEVEL: 'error',
    });
  const [free, far] = [await start('bench_no_limit', 0), await start('bench_far_limit', FAR)];
  const on = (url: string) => async () => {
    const requests = Array.from({ length: MOST_ACQUIRES }, () => ({
      method: 'POST' as const,
      path: `/session/${randomUUID()}/acquire`,
    }));
    return load({ url, requests, seconds: SECONDS, warmUpSeconds: 0, dealt: true });
  };
  const rates = await inRounds({ free: on(free.url), far: on(far.url) });
  report.rate('first acquire without a limit', rates.free);
  report.rate('first acquire far from full', rates.far);
  report.target('first acquire far from full ÷ without a limit', rates.far.perSecond / rates.free.perSecond, {
    op: '>=',
    bound: 0.95,
  });
  await world.stop(free, far);
}

/** One claim after the other where every store is counted. */
async function benchNear(ledger: Ledger, accountId: number, report: Report): Promise<void> {
  const samples: number[] = [];
  const rule = { storeLimit: STORES + NEARLY, countForeign: true };
  for (let round = 0; round < NEAR_ROUNDS; round += 1) {
    for (let n = 0; n < NEARLY; n += 1) {
      const input = { accountId, rule, claimMs: 60_000, claims: [claimFor(accountId)] };
      const begin = performance.now();
      const { leaseIds } = await ledger.transaction((db) => claimPlaces(db, input));
      samples.push(performance.now() - begin);
      if (leaseIds.length !== 1) throw new Error('nearly full, and yet no place');
    }
    await ledger.rows(
      { name: 'bench-give-back', text: `DELETE FROM lease WHERE state = 'provisioning'` },
      [],
    );
  }
  report.line(
    `  claim nearly full, ${STORES} stores counted: p50 ${percentile(samples, 0.5).toFixed(1)} ms, p99 ${percentile(samples, 0.99).toFixed(1)} ms`,
  );
}

/** 429 over HTTP, alone and under load. */
async function benchRefused(world: World, report: Report, stores: number): Promise<void> {
  const databaseUrl = await world.database(`bench_full_${stores}`);
  const settings = { DATABASE_URL: databaseUrl, MAX_VECTOR_STORES: stores, TEMPORAL_NAMESPACE: 'bench-none' };
  const api = await world.api({ ...settings, LOG_LEVEL: 'error' });
  await seed(databaseUrl, stores);
  const requests = Array.from({ length: 200 }, (_unused, n) => ({
    method: 'POST' as const,
    path: `/session/refused-${n}/acquire`,
  }));
  const alone = await load({ url: api.url, requests, seconds: SECONDS, connections: 1, warmUpSeconds: 1 });
  const many = await load({ url: api.url, requests, seconds: SECONDS, warmUpSeconds: 1 });
  for (const { failures, requests: sent } of [alone, many]) {
    if (failures !== sent) throw new Error(`${sent - failures} acquires of a full account were not refused`);
  }
  report.line(
    `  refused, ${stores} stores, alone: p50 ${alone.p50Ms} ms, p99 ${alone.p99Ms} ms; 16 at once: ${Math.round(many.perSecond)}/s, p50 ${many.p50Ms} ms`,
  );
  report.target(`acquire refused, ${stores} stores (p99 of 16 at once)`, many.p99Ms, {
    op: '<=',
    bound: 100,
    unit: ' ms',
  });
  await world.stop(api);
}

async function onLedger(
  databaseUrl: string,
  measure: (ledger: Ledger, accountId: number) => Promise<void>,
): Promise<void> {
  const ledger = openRaw(databaseUrl);
  await measure(ledger, await ensureAccount(ledger, ACCOUNT));
  await ledger.close();
}

/** What a limit costs: claims far from full and nearly full, and acquires that are refused. */
export async function benchCapacity(world: World, report: Report): Promise<void> {
  report.line('capacity');
  await onLedger(await world.database('bench_far'), (ledger, accountId) =>
    benchFar(ledger, accountId, report),
  );
  await benchAcquires(world, report);
  const nearUrl = await world.database('bench_near');
  await onLedger(nearUrl, async (ledger, accountId) => {
    await seed(nearUrl, STORES);
    await benchNear(ledger, accountId, report);
  });
  for (const stores of [100, STORES]) await benchRefused(world, report, stores);
}
