import { acquireMany, sessionIds } from '../acquire-many.ts';
import { load, type LoadRequest, type LoadResult } from '../load.ts';
import { rawRates } from '../raw-statements.ts';
import type { Report } from '../report.ts';
import { sessionRequests, statementRequests } from '../session-requests.ts';
import { openSql } from '../sql.ts';
import type { World } from '../world.ts';

const SECONDS = 6;
const SESSIONS = 200;
/** 1 s leases store 50 ms of slack: so few renewals of a session fall into it that nearly all write. */
const LEASE_SECONDS = 1;
/** Further sessions, so that a session comes round again only after its slack has passed. */
const WRITERS = 4 * SESSIONS;

async function written(
  databaseUrl: string,
  work: () => Promise<LoadResult>,
): Promise<LoadResult & { readonly share: number }> {
  const sql = await openSql(databaseUrl);
  const count = async (): Promise<number> =>
    (
      await sql.rows<{ n: number }>(
        "SELECT (n_tup_upd)::float8 AS n FROM pg_stat_user_tables WHERE relname = 'lease'",
      )
    )[0]?.n ?? 0;
  const settle = async (): Promise<number> => {
    await sql.rows('SELECT pg_stat_force_next_flush()');
    await sql.rows('SELECT pg_sleep(1.2)');
    return count();
  };
  const before = await settle();
  const result = await work();
  const share = ((await settle()) - before) / result.requests;
  await sql.end();
  return { ...result, share };
}

type Take = (name: string, url: string, requests: readonly LoadRequest[]) => Promise<LoadResult>;

function taker(databaseUrl: string, report: Report): Take {
  return async (name, url, requests) => {
    const result = await written(databaseUrl, async () =>
      load({ url, requests, seconds: SECONDS, warmUpSeconds: 0 }),
    );
    report.rate(`${name} (${Math.round(result.share * 100)} % wrote)`, result);
    return result;
  };
}

function tenPaths(index: number): string {
  return JSON.stringify({ file_paths: Array.from({ length: 10 }, (_unused, n) => `/srv/${index % 7}/${n}`) });
}

/** Renew, track and re-acquire where each call writes; no worker runs, so that nothing expires meanwhile. */
export async function benchWrites(world: World, report: Report): Promise<void> {
  report.line(
    `requests that write (${LEASE_SECONDS} s leases, ${WRITERS} sessions, so that none falls into the slack)`,
  );
  const databaseUrl = await world.database('bench_writes');
  const { url, ...api } = await world.api({
    DATABASE_URL: databaseUrl,
    LEASE_SECONDS,
    TEMPORAL_NAMESPACE: 'bench-none',
  });
  const sessions = sessionIds('write', WRITERS);
  await acquireMany(url, sessions, 8);
  const take = taker(databaseUrl, report);
  const rates = {
    renew: await take('renew', url, sessionRequests(sessions, 'renew')),
    reacquire: await take('re-acquire', url, sessionRequests(sessions, 'acquire')),
    track: await take('track, 10 paths', url, sessionRequests(sessions, 'files', tenPaths)),
  };
  const yardstick = await world.bare(databaseUrl);
  const bare = await take('bare Fastify + one UPDATE', yardstick.url, statementRequests(sessions, 'write'));
  const { writes } = await rawRates(databaseUrl, sessions, SECONDS);
  report.line(`  one UPDATE through such a pool: ${Math.round(writes)}/s`);
  for (const [name, bound] of Object.entries({ renew: 0.6, track: 0.6, reacquire: 0.5 })) {
    const rate = rates[name as keyof typeof rates].perSecond;
    report.target(`${name} ÷ raw write`, rate / writes, { op: '>=', bound });
    report.line(`    (${(rate / bare.perSecond).toFixed(2)} of one UPDATE behind bare Fastify)`);
  }
  await world.stop({ url, ...api }, yardstick);
}
