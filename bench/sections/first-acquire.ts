import { sessionIds } from '../acquire-many.ts';
import { load } from '../load.ts';
import type { Report } from '../report.ts';
import { openSql } from '../sql.ts';
import { percentile } from '../statistics.ts';
import { secondsUntil } from '../wait.ts';
import type { World } from '../world.ts';

const BURST_SECONDS = 5;
const ALONE = 40;
/** What a real provider takes for a create, about. */
const PROVIDER_LATENCY_MS = 300;
/** First acquires a second of the Python predecessor, without a provider. */
const PREDECESSOR = 377;
/** More than a burst can use up. */
const MANY = 8_000;

async function alone(apiUrl: string, prefix: string): Promise<readonly number[]> {
  const samples: number[] = [];
  for (const id of sessionIds(prefix, ALONE)) {
    const begin = performance.now();
    const response = await fetch(`${apiUrl}/session/${id}/acquire`, { method: 'POST' });
    await response.text();
    samples.push(performance.now() - begin);
  }
  return samples;
}

async function workflowsCaughtUp(databaseUrl: string): Promise<number> {
  const sql = await openSql(databaseUrl);
  const done = async (): Promise<boolean> => {
    const [row] = await sql.rows<{ left: number }>(
      "SELECT count(*)::int AS left FROM lease WHERE state <> 'closed' AND seen_version = 0",
    );
    return row?.left === 0;
  };
  try {
    return await secondsUntil(done, { seconds: 180, describe: 'every lease has its workflow' });
  } finally {
    await sql.end();
  }
}

async function benchAlone(world: World, report: Report, apiUrl: string): Promise<void> {
  const idle = await alone(apiUrl, 'alone-0');
  await world.simulator.config({ latency_ms: PROVIDER_LATENCY_MS });
  const slow = await alone(apiUrl, 'alone-300');
  await world.simulator.config({ latency_ms: 0 });
  report.line(
    `  alone, provider 0 ms: p50 ${percentile(idle, 0.5).toFixed(1)} ms, p99 ${percentile(idle, 0.99).toFixed(1)} ms`,
  );
  report.line(
    `  alone, provider 300 ms: p50 ${percentile(slow, 0.5).toFixed(1)} ms, p99 ${percentile(slow, 0.99).toFixed(1)} ms`,
  );
  report.target(
    "first acquire alone above the provider's own time (p50)",
    percentile(slow, 0.5) - PROVIDER_LATENCY_MS,
    {
      op: '<=',
      bound: 10,
      unit: ' ms',
    },
  );
}

/** First acquires in a burst and alone, and how long their workflows take to catch up. */
export async function benchFirstAcquire(
  world: World,
  report: Report,
  healthPerSecond: number,
): Promise<void> {
  report.line('first acquire');
  const databaseUrl = await world.database('bench_first');
  const settings = { DATABASE_URL: databaseUrl, TASK_QUEUE: 'bench-first' };
  const worker = await world.worker(settings);
  const api = await world.api(settings);
  const requests = sessionIds('first', MANY).map((id) => ({
    method: 'POST' as const,
    path: `/session/${id}/acquire`,
  }));
  const burst = await load({ url: api.url, requests, seconds: BURST_SECONDS, warmUpSeconds: 0, dealt: true });
  report.rate('first acquire, provider 0 ms, 5 s burst', burst);
  const caughtUp = await workflowsCaughtUp(databaseUrl);
  report.target('first acquire ÷ /health', burst.perSecond / healthPerSecond, { op: '>=', bound: 0.05 });
  report.target('first acquire ÷ predecessor', burst.perSecond / PREDECESSOR, { op: '>=', bound: 2 });
  report.target('then the last lease has its workflow', caughtUp, { op: '<=', bound: 60, unit: ' s' });
  await benchAlone(world, report, api.url);
  await world.stop(api, worker);
}
