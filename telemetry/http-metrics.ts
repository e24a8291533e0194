import { Counter, Histogram, type Registry } from 'prom-client';

/** A renewal takes about a millisecond, clients give up after 5 to 10 s. */
const LATENCY_SECONDS = [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const STATUS_CLASSES = ['1xx', '2xx', '3xx', '4xx', '5xx'];

/** Counts one answer: its HTTP status and how long it took, in milliseconds. */
export type AnswerObserver = (status: number, ms: number) => void;

export interface HttpMetrics {
  /** The observer of one route; made once, so that counting an answer builds no labels. */
  route(route: string, method: string): AnswerObserver;
  /** Counts a request that was refused because its body is too large; `route` is its pattern, or `unknown`. */
  tooLarge(route: string): void;
}

/** Registers the HTTP metrics: the histogram's count is the number of requests. */
export function createHttpMetrics(registry: Registry): HttpMetrics {
  const answers = new Histogram({
    name: 'loiter_killer_http_request_duration_seconds',
    help: 'HTTP requests answered, by route pattern, method and status class.',
    labelNames: ['route', 'method', 'status'],
    buckets: LATENCY_SECONDS,
    registers: [registry],
  });
  const tooLarge = new Counter({
    name: 'loiter_killer_http_requests_too_large_total',
    help: 'Requests refused because their body is larger than MAX_REQUEST_SIZE, by route pattern.',
    labelNames: ['route'],
    registers: [registry],
  });
  return {
    tooLarge: (route) => {
      tooLarge.inc({ route });
    },
    route: (route, method) => {
      const methodLabel = METHODS.has(method) ? method : 'other';
      const children = STATUS_CLASSES.map((status) => answers.labels(route, methodLabel, status));
      return (status, ms) => children[Math.trunc(status / 100) - 1]?.observe(ms / 1000);
    },
  };
}
