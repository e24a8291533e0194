import type { Registry } from 'prom-client';
import { createBreakerGauge, createLimitMetrics } from '../../../telemetry/limit-metrics.ts';
import { createApiMetrics, createWorkerMetrics, type Metrics } from '../../../telemetry/metrics.ts';

/** A metric of the api or the worker, as it is registered. */
export interface Family {
  readonly name: string;
  readonly type: string;
  readonly labels: readonly string[];
}

/** Labels that every scraped series has besides: those of its target. */
export const TARGET_LABELS = ['job', 'instance'];

const never = () => Promise.reject(new Error('not scraped'));

function common(metrics: Metrics): void {
  metrics.watchPool(() => ({ total: 0, idle: 0, waiting: 0 }));
  metrics.watchDirectories(never);
  createLimitMetrics(metrics.registry, metrics.files);
}

/** Both registries, with everything in them that the programs register. */
function registries(): readonly Registry[] {
  const [api, worker] = [createApiMetrics(), createWorkerMetrics()];
  for (const metrics of [api, worker]) common(metrics);
  api.watchLedger(never);
  api.watchCapacity(never);
  api.watchSweep(never);
  api.watchFiles(never);
  api.watchJobs(never);
  createBreakerGauge(api.registry, never);
  return [api.registry, worker.registry];
}

/** Every metric of api and worker, by its name. */
export function families(): ReadonlyMap<string, Family> {
  const all = registries().flatMap((registry) => registry.getMetricsAsArray());
  // The types keep what a metric is made of to themselves.
  const told = all as unknown as readonly { name: string; type: string; labelNames: readonly string[] }[];
  return new Map(
    told.map(({ name, type, labelNames }) => [name, { name, type: String(type), labels: labelNames }]),
  );
}

/** What can be asked for: of each name of a series the labels it has. */
export function seriesOf(metrics: Iterable<Family>): ReadonlyMap<string, ReadonlySet<string>> {
  const series = new Map<string, ReadonlySet<string>>();
  for (const { name, type, labels } of metrics) {
    const add = (end: string, ...more: readonly string[]) =>
      series.set(name + end, new Set([...labels, ...TARGET_LABELS, ...more]));
    if (type === 'histogram') add('_bucket', 'le');
    else if (type === 'summary') add('', 'quantile');
    else add('');
    if (type === 'histogram' || type === 'summary') for (const end of ['_sum', '_count']) add(end);
  }
  return series;
}
