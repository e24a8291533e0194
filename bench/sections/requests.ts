import { acquireMany, sessionIds } from '../acquire-many.ts';
import { load, type LoadResult } from '../load.ts';
import { rawRates } from '../raw-statements.ts';
import type { Report } from '../report.ts';
import { sessionRequests, statementRequests } from '../session-requests.ts';
import type { World } from '../world.ts';

const SECONDS = 6;
const SESSIONS = 200;
const PATHS = Array.from({ length: 10 }, (_unused, index) => `/srv/project/src/file-${index}.ts`);
/** Requests a second of the Python predecessor on such a machine. */
const PREDECESSOR = { health: 2543, reacquire: 1280, renew: 1730 };

interface Rates {
  readonly bare: LoadResult;
  readonly oneRead: LoadResult;
  readonly health: LoadResult;
  readonly reacquire: LoadResult;
  readonly renewRead: LoadResult;
  readonly trackRead: LoadResult;
  readonly raw: { readonly writes: number; readonly reads: number };
}

async function measure(world: World, report: Report): Promise<Rates> {
  const databaseUrl = await world.database('bench_requests');
  const yardstick = await world.bare(databaseUrl);
  const api = await world.api({ DATABASE_URL: databaseUrl });
  const sessions = sessionIds('rate', SESSIONS);
  await acquireMany(api.url, sessions, 8);
  const health = [{ method: 'GET' as const, path: '/health' }];
  const take = async (name: string, url: string, requests: Parameters<typeof load>[0]['requests']) => {
    const result = await load({ url, requests, seconds: SECONDS });
    report.rate(name, result);
    return result;
  };
  const rates = {
    bare: await take('bare one-route Fastify', yardstick.url, health),
    health: await take('/health', api.url, health),
    reacquire: await take('re-acquire (no write)', api.url, sessionRequests(sessions, 'acquire')),
    renewRead: await take('renew (no write)', api.url, sessionRequests(sessions, 'renew')),
    trackRead: await take(
      'track, 10 known paths (no write)',
      api.url,
      sessionRequests(sessions, 'files', () => JSON.stringify({ file_paths: PATHS })),
    ),
    oneRead: await take('bare Fastify + one SELECT', yardstick.url, statementRequests(sessions, 'read')),
    raw: await rawRates(databaseUrl, sessions, SECONDS),
  };
  report.line(
    `  one SELECT through such a pool: ${Math.round(rates.raw.reads)}/s; one UPDATE: ${Math.round(rates.raw.writes)}/s`,
  );
  await world.stop(api, yardstick);
  return rates;
}

/** Requests a second of everything that is called often, as ratios within this run. */
export async function benchRequests(world: World, report: Report): Promise<Rates> {
  report.line('requests without a write');
  const rates = await measure(world, report);
  const { bare, oneRead, health, reacquire, renewRead, trackRead, raw } = rates;
  report.target('/health ÷ bare Fastify', health.perSecond / bare.perSecond, { op: '>=', bound: 0.7 });
  report.target('re-acquire ÷ raw read', reacquire.perSecond / raw.reads, { op: '>=', bound: 0.5 });
  report.target('renew ÷ raw read', renewRead.perSecond / raw.reads, { op: '>=', bound: 0.6 });
  report.target('track ÷ raw read', trackRead.perSecond / raw.reads, { op: '>=', bound: 0.6 });
  const behindHttp = (result: LoadResult): string => (result.perSecond / oneRead.perSecond).toFixed(2);
  report.line(
    `    against one SELECT behind bare Fastify: re-acquire ${behindHttp(reacquire)}, renew ${behindHttp(renewRead)}, track ${behindHttp(trackRead)}`,
  );
  report.target('renew without a write ÷ /health', renewRead.perSecond / health.perSecond, {
    op: '>=',
    bound: 0.35,
  });
  report.target('/health ÷ predecessor', health.perSecond / PREDECESSOR.health, { op: '>=', bound: 2 });
  report.target('re-acquire ÷ predecessor', reacquire.perSecond / PREDECESSOR.reacquire, {
    op: '>=',
    bound: 2,
  });
  report.target('renew ÷ predecessor', renewRead.perSecond / PREDECESSOR.renew, { op: '>=', bound: 2 });
  return rates;
}
