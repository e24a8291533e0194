import { acquireMany, sessionIds } from '../acquire-many.ts';
import { load, type LoadResult } from '../load.ts';
import { rawRates } from '../raw-statements.ts';
import type { Report } from '../report.ts';
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

/** Renew, track and re-acquire where each call writes; no worker runs, so that nothing expires meanwhile. */
export async function benchWrites(world: World, report: Report): Promise<void> {
  report.line(
    `requests that write (${LEASE_SECONDS} s leases, ${WRITERS} sessions, so that none falls into the slack)`,
  );
  const databaseUrl = await world.database('bench_writes');
  const api = await world.api({ DATABASE_URL: databaseUrl, LEASE_SECONDS, TEMPORAL_NAMESPACE: 'bench-none' });
  const sessions = sessionIds('write', WRITERS);
  await acquireMany(api.url, sessions, 8);
  const each = (verb: string) =>
    sessions.map((id) => ({ method: 'POST' as const, path: `/session/${id}/${verb}` }));
  const file = (n: number): string =>
    JSON.stringify({ file_paths: Array.from({ length: 10 }, (_u, i) => `/srv/${n}/${i}`) });
  const track = sessions.map((id, n) => ({
    method: 'POST' as const,
    path: `/session/${id}/files`,
    body: file(n % 7),
  }));
  const take = async (
    name: string,
    requests: Parameters<typeof load>[0]['requests'],
  ): Promise<LoadResult> => {
    const result = await written(databaseUrl, async () =>
      load({ url: api.url, requests, seconds: SECONDS, warmUpSeconds: 0 }),
    );
    report.rate(`${name} (${Math.round(result.share * 100)} % wrote)`, result);
    return result;
  };
  const renew = await take('renew', each('renew'));
  const reacquire = await take('re-acquire', each('acquire'));
  const tracked = await take('track, 10 paths', track);
  const raw = await rawRates(databaseUrl, sessions, SECONDS);
  report.line(`  one UPDATE through such a pool: ${Math.round(raw.writes)}/s`);
  report.target('renew ÷ raw write', renew.perSecond / raw.writes, { op: '>=', bound: 0.6 });
  report.target('track ÷ raw write', tracked.perSecond / raw.writes, { op: '>=', bound: 0.6 });
  report.target('re-acquire ÷ raw write', reacquire.perSecond / raw.writes, { op: '>=', bound: 0.5 });
  await world.stop(api);
}
