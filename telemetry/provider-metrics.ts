import { Histogram, type Registry } from 'prom-client';
import { boundedLabel } from './bounded-label.ts';

/** A local simulator answers in a millisecond, a create at a provider is cut off after 20 s. */
const LATENCY_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 30];
const MAX_OPERATIONS = 16;
const MAX_OUTCOMES = 16;

export interface ProviderMetrics {
  /** One finished call; `ms` is its duration in milliseconds. */
  call(operation: string, outcome: string, ms: number): void;
}

/** Registers the provider metrics: the histogram's count is the number of calls. */
export function createProviderMetrics(registry: Registry): ProviderMetrics {
  const calls = new Histogram({
    name: 'loiter_killer_provider_call_duration_seconds',
    help: 'Calls to the provider, by operation and outcome.',
    labelNames: ['operation', 'outcome'],
    buckets: LATENCY_SECONDS,
    registers: [registry],
  });
  const operationLabel = boundedLabel(MAX_OPERATIONS);
  const outcomeLabel = boundedLabel(MAX_OUTCOMES);
  return {
    call: (operation, outcome, ms) => {
      calls.observe({ operation: operationLabel(operation), outcome: outcomeLabel(outcome) }, ms / 1000);
    },
  };
}
