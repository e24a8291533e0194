import { mostAtOnce, mostInASecond } from '../../simulator/journal-peaks.ts';
import { acquireMany, sessionIds } from '../acquire-many.ts';
import type { Report } from '../report.ts';
import { openSql } from '../sql.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const LEASES = 1_000;
const LEASE_SECONDS = 60;
const PROVIDER_DELETE_MS = 200;
const CONCURRENCY = 16;
const DEFAULT_RATE = 30;

type Count = (where: string) => Promise<number>;

/** Lets all leases fall due in one instant; resolves with the seconds from then until all are gone. */
async function breakStorm(count: Count, bringForward: () => Promise<unknown>): Promise<number> {
  const caughtUp = async (): Promise<boolean> => (await count('seen_version = 0')) === 0;
  await secondsUntil(caughtUp, { seconds: 120, describe: 'every lease has its workflow' });
  await bringForward();
  const due = async (): Promise<boolean> => (await count('expires_at > clock_timestamp()')) === 0;
  await secondsUntil(due, { seconds: LEASE_SECONDS + 60, describe: 'the deadline' });
  const gone = async (): Promise<boolean> => (await count("state <> 'closed'")) === 0;
  return secondsUntil(gone, { seconds: 300, describe: 'all are gone' });
}

/** What the provider saw of it. */
async function reportDeletes(world: World, report: Report, since: number): Promise<void> {
  const calls = await world.simulator.journal(since);
  const deletes = calls.filter(({ operation }) => operation === 'delete_store');
  const peaks = `at most ${mostInASecond(deletes)} in a second and ${mostAtOnce(deletes)} at once`;
  report.line(`    ${deletes.length} deletes at the provider, ${peaks}`);
}

async function storm(world: World, report: Report, deletesPerSecond: number): Promise<void> {
  const rate = deletesPerSecond === 0 ? 'any rate' : `${deletesPerSecond} deletes a second`;
  const name = `storm_${deletesPerSecond}`;
  const databaseUrl = await world.database(`bench_${name}`);
  const settings = {
    DATABASE_URL: databaseUrl,
    LEASE_SECONDS,
    TASK_QUEUE: `bench-${name}`,
    PROVIDER_CONCURRENCY: CONCURRENCY,
    PROVIDER_DELETE_PER_SECOND: deletesPerSecond,
  };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  const since = (await world.simulator.journalPage()).last_seq;
  await acquireMany(api.url, sessionIds(name, LEASES), 16);
  const sql = await openSql(databaseUrl);
  const count: Count = async (where) =>
    (await sql.rows<{ n: number }>(`SELECT count(*)::int AS n FROM lease WHERE ${where}`))[0]?.n ?? 0;
  const seconds = await breakStorm(count, async () => {
    await world.simulator.config({ latency_ms: PROVIDER_DELETE_MS });
    await sql.rows(
      "UPDATE lease SET expires_at = greatest((SELECT max(expires_at) FROM lease), clock_timestamp()) + interval '5 s'",
    );
  });
  report.target(`${LEASES} equal deadlines all gone, ${rate}`, seconds, { op: '<=', bound: 60, unit: ' s' });
  await reportDeletes(world, report, since);
  await sql.end();
  await world.simulator.config({ latency_ms: 0 });
  await world.stop(api, worker);
}

/** 1000 leases that fall due in one instant, each delete taking 200 ms at the provider: at the default rate, at any. */
export async function benchStorm(world: World, report: Report): Promise<void> {
  const limits = `concurrency ${CONCURRENCY}, provider deletes take ${PROVIDER_DELETE_MS} ms`;
  report.line(`${LEASES} equal deadlines (${limits})`);
  await storm(world, report, DEFAULT_RATE);
  await storm(world, report, 0);
}
