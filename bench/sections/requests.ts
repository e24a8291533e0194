import { acquireMany, sessionIds } from '../acquire-many.ts';
import { load, type LoadRequest } from '../load.ts';
import { openRaw, rawRate } from '../raw-statements.ts';
import type { Report } from '../report.ts';
import { inRounds } from '../rounds.ts';
import { sessionRequests, statementRequests } from '../session-requests.ts';
import { READ } from '../statements.ts';
import type { World } from '../world.ts';

/** Of one round; the warm-up is one round's length, once. */
const SECONDS = 2;
const SESSIONS = 200;
const PATHS = Array.from({ length: 10 }, (_unused, index) => `/srv/project/src/file-${index}.ts`);
/** Requests a second of the Python predecessor on such a machine. */
const PREDECESSOR = { health: 2543, reacquire: 1280, renew: 1730 };

const NAMES = {
  bare: 'bare one-route Fastify',
  health: '/health',
  reacquire: 're-acquire (no write)',
  renew: 'renew (no write)',
  track: 'track, 10 known paths (no write)',
  oneRead: 'bare Fastify + one SELECT',
  raw: 'one SELECT through such a pool',
};
type Rates = Readonly<Record<keyof typeof NAMES, { readonly perSecond: number }>>;

async function measure(world: World, report: Report): Promise<Rates> {
  const databaseUrl = await world.database('bench_requests');
  const yardstick = await world.bare(databaseUrl);
  const api = await world.api({ DATABASE_URL: databaseUrl });
  const sessions = sessionIds('rate', SESSIONS);
  // Apart, because a re-acquire tells everything that its lease tracks.
  const tracking = sessionIds('track', SESSIONS);
  await acquireMany(api.url, [...sessions, ...tracking], 8);
  const ledger = openRaw(databaseUrl);
  const health = [{ method: 'GET' as const, path: '/health' }];
  const on = (url: string, requests: readonly LoadRequest[]) => async () =>
    load({ url, requests, seconds: SECONDS, warmUpSeconds: 1 });
  const tenPaths = (): string => JSON.stringify({ file_paths: PATHS });
  const results = await inRounds({
    bare: on(yardstick.url, health),
    health: on(api.url, health),
    reacquire: on(api.url, sessionRequests(sessions, 'acquire')),
    renew: on(api.url, sessionRequests(sessions, 'renew')),
    track: on(api.url, sessionRequests(tracking, 'files', tenPaths)),
    oneRead: on(yardstick.url, statementRequests(sessions, 'read')),
    raw: async () => {
      const { perSecond } = await rawRate(ledger, READ, { sessions, seconds: SECONDS });
      return { perSecond, p50Ms: Number.NaN, p99Ms: Number.NaN, requests: 0, failures: 0 };
    },
  });
  for (const [name, text] of Object.entries(NAMES)) report.rate(text, results[name as keyof typeof NAMES]);
  await ledger.close();
  await world.stop(api, yardstick);
  return results;
}

/** Requests a second of everything that is called often, as ratios within this run. */
export async function benchRequests(world: World, report: Report): Promise<void> {
  report.line('requests without a write (medians of rounds)');
  const { bare, oneRead, health, reacquire, renew, track, raw } = await measure(world, report);
  const ratio = (name: string, [above, below]: readonly [number, number], bound: number): void => {
    report.target(name, above / below, { op: '>=', bound });
  };
  ratio('/health ÷ bare Fastify', [health.perSecond, bare.perSecond], 0.7);
  ratio('re-acquire ÷ raw read', [reacquire.perSecond, raw.perSecond], 0.5);
  ratio('renew ÷ raw read', [renew.perSecond, raw.perSecond], 0.6);
  ratio('track ÷ raw read', [track.perSecond, raw.perSecond], 0.6);
  const behindHttp = ({ perSecond }: { perSecond: number }) => (perSecond / oneRead.perSecond).toFixed(2);
  report.line(
    `    against one SELECT behind bare Fastify: re-acquire ${behindHttp(reacquire)}, renew ${behindHttp(renew)}, track ${behindHttp(track)}`,
  );
  ratio('renew without a write ÷ /health', [renew.perSecond, health.perSecond], 0.35);
  ratio('/health ÷ predecessor', [health.perSecond, PREDECESSOR.health], 2);
  ratio('re-acquire ÷ predecessor', [reacquire.perSecond, PREDECESSOR.reacquire], 2);
  ratio('renew ÷ predecessor', [renew.perSecond, PREDECESSOR.renew], 2);
}
