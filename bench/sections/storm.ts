import { acquireMany, sessionIds } from '../acquire-many.ts';
import type { Report } from '../report.ts';
import { openSql } from '../sql.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const LEASES = 1_000;
const LEASE_SECONDS = 60;
const PROVIDER_DELETE_MS = 200;

/** 1000 leases that fall due in one instant, each delete taking 200 ms at the provider. */
export async function benchStorm(world: World, report: Report): Promise<void> {
  report.line(`${LEASES} equal deadlines (concurrency 16, provider deletes take ${PROVIDER_DELETE_MS} ms)`);
  const databaseUrl = await world.database('bench_storm');
  const settings = { DATABASE_URL: databaseUrl, LEASE_SECONDS, TASK_QUEUE: 'bench-storm' };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  await acquireMany(api.url, sessionIds('storm', LEASES), 16);
  const sql = await openSql(databaseUrl);
  const count = async (where: string): Promise<number> =>
    (await sql.rows<{ n: number }>(`SELECT count(*)::int AS n FROM lease WHERE ${where}`))[0]?.n ?? 0;
  const caughtUp = async (): Promise<boolean> => (await count('seen_version = 0')) === 0;
  await secondsUntil(caughtUp, { seconds: 120, describe: 'every lease has its workflow' });
  await world.simulator.config({ latency_ms: PROVIDER_DELETE_MS });
  await sql.rows(
    "UPDATE lease SET expires_at = greatest((SELECT max(expires_at) FROM lease), clock_timestamp()) + interval '5 s'",
  );
  const due = async (): Promise<boolean> => (await count('expires_at > clock_timestamp()')) === 0;
  await secondsUntil(due, { seconds: LEASE_SECONDS + 60, describe: 'the deadline' });
  const gone = async (): Promise<boolean> => (await count("state <> 'closed'")) === 0;
  const seconds = await secondsUntil(gone, { seconds: 300, describe: 'all are gone' });
  report.target(`${LEASES} equal deadlines all gone`, seconds, { op: '<=', bound: 60, unit: ' s' });
  await sql.end();
  await world.simulator.config({ latency_ms: 0 });
  await world.stop(api, worker);
}
