import { acquireMany, sessionIds } from '../acquire-many.ts';
import { load, type LoadRequest, type LoadResult } from '../load.ts';
import { openRaw, rawRate } from '../raw-statements.ts';
import type { Report } from '../report.ts';
import { inRounds } from '../rounds.ts';
import { sessionRequests, statementRequests } from '../session-requests.ts';
import { openSql } from '../sql.ts';
import { WRITE } from '../statements.ts';
import type { World } from '../world.ts';

/** Of one round. */
const SECONDS = 2;
const SESSIONS = 200;
/** 1 s leases store 50 ms of slack: so few renewals of a session fall into it that nearly all write. */
const LEASE_SECONDS = 1;
/** So many that a session comes round again only after its slack has passed. */
const WRITERS = 16 * SESSIONS;

/** Rows of the leases' table written since the database was made. */
async function rowsWritten(databaseUrl: string): Promise<number> {
  const sql = await openSql(databaseUrl);
  await sql.rows('SELECT pg_stat_force_next_flush()');
  await sql.rows('SELECT pg_sleep(1.2)');
  const [row] = await sql.rows<{ n: number }>(
    "SELECT n_tup_upd::float8 AS n FROM pg_stat_user_tables WHERE relname = 'lease'",
  );
  await sql.end();
  return row?.n ?? Number.NaN;
}

function tenPaths(index: number): string {
  return JSON.stringify({ file_paths: Array.from({ length: 10 }, (_unused, n) => `/srv/${index % 7}/${n}`) });
}

async function measure(
  world: World,
  databaseUrl: string,
): Promise<Readonly<Record<'renew' | 'reacquire' | 'track' | 'bare' | 'raw', LoadResult>>> {
  const api = await world.api({
    DATABASE_URL: databaseUrl,
    LEASE_SECONDS,
    TEMPORAL_NAMESPACE: 'bench-none',
  });
  const sessions = sessionIds('write', WRITERS);
  await acquireMany(api.url, sessions, 8);
  const yardstick = await world.bare(databaseUrl);
  const ledger = openRaw(databaseUrl);
  const on = (url: string, requests: readonly LoadRequest[]) => async () =>
    load({ url, requests, seconds: SECONDS, warmUpSeconds: 1 });
  const results = await inRounds({
    renew: on(api.url, sessionRequests(sessions, 'renew')),
    reacquire: on(api.url, sessionRequests(sessions, 'acquire')),
    track: on(api.url, sessionRequests(sessions, 'files', tenPaths)),
    bare: on(yardstick.url, statementRequests(sessions, 'write')),
    raw: async () => {
      const { perSecond } = await rawRate(ledger, WRITE, { sessions, seconds: SECONDS });
      return { perSecond, p50Ms: Number.NaN, p99Ms: Number.NaN, requests: 0, failures: 0 };
    },
  });
  await ledger.close();
  await world.stop(api, yardstick);
  return results;
}

/** How many calls of a short load wrote a row, as a share. */
async function shareThatWrites(world: World, databaseUrl: string): Promise<number> {
  const api = await world.api({
    DATABASE_URL: databaseUrl,
    LEASE_SECONDS,
    TEMPORAL_NAMESPACE: 'bench-none',
  });
  const before = await rowsWritten(databaseUrl);
  const sessions = sessionIds('write', WRITERS);
  const { requests } = await load({
    url: api.url,
    requests: sessionRequests(sessions, 'renew'),
    seconds: SECONDS,
    warmUpSeconds: 0,
  });
  const share = ((await rowsWritten(databaseUrl)) - before) / requests;
  await world.stop(api);
  return share;
}

/** Renew, track and re-acquire where each call writes; no worker runs, so that nothing expires meanwhile. */
export async function benchWrites(world: World, report: Report): Promise<void> {
  report.line(`requests that write (${LEASE_SECONDS} s leases, ${WRITERS} sessions; medians of rounds)`);
  const databaseUrl = await world.database('bench_writes');
  const rates = await measure(world, databaseUrl);
  const share = await shareThatWrites(world, databaseUrl);
  report.line(
    `  ${Math.round(share * 100)} % of the renewals wrote; the others shared a row or fell into the slack`,
  );
  report.rate('renew', rates.renew);
  report.rate('re-acquire', rates.reacquire);
  report.rate('track, 10 paths', rates.track);
  report.rate('bare Fastify + one UPDATE', rates.bare);
  report.rate('one UPDATE through such a pool', rates.raw);
  for (const [name, bound] of Object.entries({ renew: 0.6, track: 0.6, reacquire: 0.5 })) {
    const rate = rates[name as 'renew' | 'track' | 'reacquire'].perSecond;
    report.target(`${name} ÷ raw write`, rate / rates.raw.perSecond, { op: '>=', bound });
    report.line(`    (${(rate / rates.bare.perSecond).toFixed(2)} of one UPDATE behind bare Fastify)`);
  }
}
