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
}

/** The issue's own number: an MCP host keeps a handful of connections open. */
const CONNECTIONS = 16;
const WARM_UP_SECONDS = 2;

/** One queue for all connections: each request of the list comes round once before any comes twice. */
function roundRobin(requests: readonly LoadRequest[]): () => LoadRequest {
  let next = 0;
  return () => {
    const request = requests[next % requests.length];
    next += 1;
    if (request === undefined) throw new Error('a load needs requests');
    return request;
  };
}

async function run(plan: LoadPlan, take: () => LoadRequest, seconds: number): Promise<autocannon.Result> {
  return autocannon({
    url: plan.url,
    connections: plan.connections ?? CONNECTIONS,
    duration: seconds,
    requests: [
      {
        setupRequest: (request) => {
          const { method, path, body } = take();
          const headers = body === undefined ? {} : { 'content-type': 'application/json' };
          return { ...request, method, path, headers, ...(body === undefined ? {} : { body }) };
        },
      },
    ],
  });
}

/** Loads one address after a warm-up that is not counted. */
export async function load(plan: LoadPlan): Promise<LoadResult> {
  const warmUp = plan.warmUpSeconds ?? WARM_UP_SECONDS;
  const take = roundRobin(plan.requests);
  if (warmUp > 0) await run(plan, take, warmUp);
  const result = await run(plan, take, plan.seconds);
  return {
    perSecond: result.requests.total / result.duration,
    p50Ms: result.latency.p50,
    p99Ms: result.latency.p99,
    requests: result.requests.total,
    failures: result.non2xx + result.errors,
  };
}
