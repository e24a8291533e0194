import { setTimeout as delay } from 'node:timers/promises';
import { acquireMany, sessionIds } from '../acquire-many.ts';
import type { Report } from '../report.ts';
import { openSql } from '../sql.ts';
import { percentile } from '../statistics.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const SECONDS = 30;
/** Long enough that the leases of a step are all made before the first falls due. */
const LEASE_SECONDS = 60;
const RATES = [10, 20, 40];
const PROVIDER_DELETE_MS = 50;

interface Lateness {
  readonly draining: readonly number[];
  readonly gone: readonly number[];
}

/** Makes the leases, spreads their deadlines evenly over the step, and waits until all are gone. */
async function step(apiUrl: string, databaseUrl: string, perSecond: number): Promise<Lateness> {
  const sql = await openSql(databaseUrl);
  const prefix = `late-${perSecond}`;
  const sessions = sessionIds(prefix, perSecond * SECONDS);
  await acquireMany(apiUrl, sessions, 16);
  // Later than what the workflows know, so that their lazy timers look and sleep again, as after a renewal.
  await sql.rows(
    `WITH spread AS (
       SELECT lease_id, (SELECT max(expires_at) FROM lease WHERE session_id LIKE $1) + n / $2::float8 * interval '1 s' AS due
       FROM (SELECT lease_id, row_number() OVER () AS n FROM lease WHERE session_id LIKE $1 AND state = 'active') AS t)
     UPDATE lease SET expires_at = due FROM spread WHERE lease.lease_id = spread.lease_id`,
    [`${prefix}-%`, perSecond],
  );
  const done = async (): Promise<boolean> =>
    (
      await sql.rows<{ n: number }>(
        "SELECT count(*)::int AS n FROM lease WHERE session_id LIKE $1 AND state <> 'closed'",
        [`${prefix}-%`],
      )
    )[0]?.n === 0;
  await secondsUntil(done, {
    seconds: LEASE_SECONDS + SECONDS + 180,
    describe: `${perSecond} deadlines a second are gone`,
  });
  const rows = await sql.rows<{ draining: number; gone: number }>(
    `SELECT (extract(epoch FROM ended_at - expires_at))::float8 AS draining,
       (extract(epoch FROM closed_at - expires_at))::float8 AS gone FROM lease WHERE session_id LIKE $1`,
    [`${prefix}-%`],
  );
  await sql.end();
  return { draining: rows.map((row) => row.draining), gone: rows.map((row) => row.gone) };
}

/** Deadline → draining and deadline → gone, with drains running beside the decisions. */
export async function benchLateness(world: World, report: Report): Promise<void> {
  report.line(`lateness (provider deletes take ${PROVIDER_DELETE_MS} ms)`);
  const databaseUrl = await world.database('bench_late');
  const settings = { DATABASE_URL: databaseUrl, LEASE_SECONDS, TASK_QUEUE: 'bench-late' };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  for (const perSecond of RATES) {
    await world.simulator.config({ latency_ms: 0 });
    const work = step(api.url, databaseUrl, perSecond);
    await Promise.race([work, delay(15_000)]);
    await world.simulator.config({ latency_ms: PROVIDER_DELETE_MS });
    const { draining, gone } = await work;
    const p = (samples: readonly number[], share: number): string => percentile(samples, share).toFixed(2);
    report.line(
      `  ${perSecond}/s: draining p50 ${p(draining, 0.5)} s, p99 ${p(draining, 0.99)} s; gone p50 ${p(gone, 0.5)} s, p99 ${p(gone, 0.99)} s`,
    );
    if (perSecond === 10) {
      report.target('deadline → draining at 10/s, p99', percentile(draining, 0.99), {
        op: '<=',
        bound: 1,
        unit: ' s',
      });
    }
  }
  await world.simulator.config({ latency_ms: 0 });
  await world.stop(api, worker);
}
