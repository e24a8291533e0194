import autocannon from 'autocannon';

export interface LoadRequest {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: string;
}

export interface LoadResult {
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly requests: number;
  readonly failures: number;
}

export interface LoadPlan {
  readonly url: string;
  readonly requests: readonly LoadRequest[];
  readonly seconds: number;
  readonly connections?: number;
  readonly warmUpSeconds?: number;
  /** Each request is sent by one connection only, and once if the list is long enough. */
  readonly dealt?: boolean;
}

/** The issue's own number: an MCP host keeps a handful of connections open. */
const CONNECTIONS = 16;
const WARM_UP_SECONDS = 2;

/**
 * The list as one connection sends it, round and round: each begins at another place, so that no two ask for the
 * same at once. A list of single requests is dealt out instead.
 */
function ofConnection(
  { requests, dealt }: LoadPlan,
  index: number,
  connections: number,
): autocannon.Request[] {
  const at = Math.floor((requests.length * index) / connections);
  const list = dealt
    ? requests.filter((_request, place) => place % connections === index)
    : [...requests.slice(at), ...requests.slice(0, at)];
  return list.map(({ method, path, body }) => ({
    method,
    path,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  }));
}

async function run(plan: LoadPlan, seconds: number): Promise<autocannon.Result[]> {
  const connections = plan.connections ?? CONNECTIONS;
  return Promise.all(
    Array.from({ length: connections }, async (_unused, index) =>
      autocannon({
        url: plan.url,
        connections: 1,
        duration: seconds,
        requests: ofConnection(plan, index, connections),
      }),
    ),
  );
}

/** Loads one address after a warm-up that is not counted. Latencies are those of the connection that fared worst. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const warmUp = plan.warmUpSeconds ?? WARM_UP_SECONDS;
  if (warmUp > 0) await run(plan, warmUp);
  const results = await run(plan, plan.seconds);
  const sum = (of: (result: autocannon.Result) => number) =>
    results.reduce((total, result) => total + of(result), 0);
  return {
    perSecond: sum((result) => result.requests.total / result.duration),
    p50Ms: Math.max(...results.map((result) => result.latency.p50)),
    p99Ms: Math.max(...results.map((result) => result.latency.p99)),
    requests: sum((result) => result.requests.total),
    failures: sum((result) => result.non2xx + result.errors),
  };
}
