import { setTimeout as delay } from 'node:timers/promises';
import { acquireMany, sessionIds } from '../acquire-many.ts';
import type { Report } from '../report.ts';
import { residentMiB } from '../resident-memory.ts';
import type { Settings } from '../programs.ts';
import { openSql, type Sql } from '../sql.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const LEASES = 10_000;
/** Until what the burst of acquires left behind has been collected. */
const REST_MS = 30_000;

/** Memory of api and worker with 10 000 live leases, and how long a restart takes to be of use again. */
export async function benchMemory(world: World, report: Report): Promise<void> {
  report.line(`${LEASES} live leases`);
  const databaseUrl = await world.database('bench_memory');
  const settings = { DATABASE_URL: databaseUrl, TASK_QUEUE: 'bench-memory', LEASE_SECONDS: 86_400 };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  report.line(
    `  idle: api ${Math.round(await residentMiB(api.part.pid))} MiB, worker ${Math.round(await residentMiB(worker.part.pid))} MiB`,
  );
  await acquireMany(api.url, sessionIds('many', LEASES), 16);
  const sql = await openSql(databaseUrl);
  const caughtUp = async (): Promise<boolean> =>
    (await sql.rows<{ n: number }>('SELECT count(*)::int AS n FROM lease WHERE seen_version = 0'))[0]?.n ===
    0;
  const seconds = await secondsUntil(caughtUp, { seconds: 400, describe: 'every lease has its workflow' });
  report.line(`  every lease had its workflow ${seconds.toFixed(0)} s after the last acquire`);
  report.line(
    `  then: api ${Math.round(await residentMiB(api.part.pid))} MiB, worker ${Math.round(await residentMiB(worker.part.pid))} MiB`,
  );
  await delay(REST_MS);
  const apiMiB = await residentMiB(api.part.pid);
  const workerMiB = await residentMiB(worker.part.pid);
  report.line(
    `  after ${REST_MS / 1000} s at rest: api ${Math.round(apiMiB)} MiB, worker ${Math.round(workerMiB)} MiB`,
  );
  report.target('api + worker memory', apiMiB + workerMiB, { op: '<=', bound: 550, unit: ' MiB' });
  await world.stop(api, worker);
  report.target('restart to ready', await restart(world, settings, sql), { op: '<=', bound: 15, unit: ' s' });
  await sql.end();
}

/** Ready means: the api says so, and a worker was heard from that is younger than the restart. */
async function restart(world: World, settings: Settings, sql: Sql): Promise<number> {
  const begin = performance.now();
  const [before] = await sql.rows<{ now: string }>('SELECT clock_timestamp()::text AS now');
  const [worker, api] = await Promise.all([world.worker(settings), world.api(settings)]);
  const ready = async (): Promise<boolean> => {
    const beat = await sql.rows('SELECT 1 FROM worker_heartbeat WHERE started_at > $1', [before?.now]);
    return beat.length > 0 && (await fetch(`${api.url}/health/ready`)).status === 200;
  };
  await secondsUntil(ready, { seconds: 60, describe: 'the service is ready' });
  const seconds = (performance.now() - begin) / 1000;
  await world.stop(api, worker);
  return seconds;
}
