import { TEST_MODE_KEY } from '../../config/index.ts';
import { TAG_INSTANCE, TAG_LEASE } from '../../domain/store-tags.ts';
import { peakMiB } from '../peak-memory.ts';
import type { Report } from '../report.ts';
import { residentMiB } from '../resident-memory.ts';
import { openSql, type Sql } from '../sql.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const STORES = 10_000;
/** One in so many belongs to a live lease; the others are tagged with leases that the ledger does not know. */
const HELD_SHARE = 2;
const SWEEPS = 5;
const CONNECTIONS = 16;

interface Made {
  readonly id: string;
}

/** Stores at the simulator, straight through its provider routes. */
async function makeStores(world: World, instanceId: string): Promise<readonly string[]> {
  const ids: string[] = [];
  let left = STORES;
  const make = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      const metadata = { [TAG_INSTANCE]: instanceId, [TAG_LEASE]: crypto.randomUUID() };
      const answer = await fetch(`${world.simulator.baseUrl}/vector_stores`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${TEST_MODE_KEY}` },
        body: JSON.stringify({ name: 'bench', metadata }),
      });
      ids.push(((await answer.json()) as Made).id);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, make));
  return ids;
}

/** Live leases for half of them, written straight into the ledger: no workflow is needed to be swept. */
async function holdHalf(sql: Sql, storeIds: readonly string[]): Promise<void> {
  const held = storeIds.filter((_id, index) => index % HELD_SHARE === 0);
  await sql.rows(
    `WITH made AS (
       INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, expires_at, seen_version, wake_at)
       SELECT gen_random_uuid(), id, 'active', (SELECT max(account_id) FROM account), id,
         clock_timestamp() + interval '1 day', 1, clock_timestamp() + interval '1 day' FROM unnest($1::text[]) AS t (id)
       RETURNING lease_id, account_id, vector_store_id)
     INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state, created_at)
     SELECT a.provider, a.base_url, vector_store_id, account_id, lease_id, 'held', clock_timestamp() - interval '1 h'
     FROM made JOIN account a USING (account_id)`,
    [held],
  );
}

/** Sweeps of 10 000 stores: how long each takes, and that the worker's memory stays where it is. */
export async function benchSweep(world: World, report: Report): Promise<void> {
  report.line(`a sweep of ${STORES} stores, half of them held`);
  const databaseUrl = await world.database('bench_sweep');
  const settings = { DATABASE_URL: databaseUrl, TASK_QUEUE: 'bench-sweep', SWEEP_INTERVAL_SECONDS: 86_400 };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  const sql = await openSql(databaseUrl);
  const [installation] = await sql.rows<{ instance_id: string }>('SELECT instance_id FROM installation');
  await holdHalf(sql, await makeStores(world, installation?.instance_id ?? ''));
  const idleMiB = await residentMiB(worker.part.pid);
  const runs = async (): Promise<number> =>
    (
      await sql.rows<{ n: number }>(
        'SELECT count(*)::int AS n FROM sweep_run WHERE valid AND finished_at IS NOT NULL',
      )
    )[0]?.n ?? 0;
  const peaks: number[] = [];
  for (let run = 1; run <= SWEEPS; run += 1) {
    const sweep = async (): Promise<void> => {
      await fetch(`${api.url}/sweep?dry_run=false`, { method: 'POST' });
      await secondsUntil(async () => (await runs()) === run, { seconds: 120, describe: 'the sweep ended' });
    };
    peaks.push(await peakMiB(worker.part.pid, sweep));
  }
  const [times] = await sql.rows<{ seconds: number }>(
    'SELECT max(extract(epoch FROM finished_at - started_at))::float8 AS seconds FROM sweep_run',
  );
  report.line(
    `  worker: idle ${Math.round(idleMiB)} MiB, peaks ${peaks.map((peak) => Math.round(peak)).join(', ')} MiB`,
  );
  report.target('slowest sweep', times?.seconds ?? Infinity, { op: '<=', bound: 30, unit: ' s' });
  const growth = (peaks.at(-1) ?? Infinity) - (peaks[0] ?? 0);
  report.target('growth from the first to the last sweep', growth, { op: '<=', bound: 40, unit: ' MiB' });
  await sql.end();
  await world.stop(api, worker);
}
