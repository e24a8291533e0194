import { Counter, Histogram, type Registry } from 'prom-client';
import { boundedLabel } from './bounded-label.ts';
import { createSweepMetrics, type SweepMetrics } from './sweep-metrics.ts';

/** From well below the goal (p99 of lateness under 1 s) to an outage of an hour. */
const LATENESS_SECONDS = [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3_600];
/** Failure kinds of a provider and a few of our own. */
const MAX_REASONS = 24;

export type AcquireOutcome = 'new' | 'reused' | 'refused' | 'failed';

/** Counts what happens to leases; has the shape of the leases' own meter. Durations in milliseconds. */
export interface LeaseMetrics extends SweepMetrics {
  acquired(outcome: AcquireOutcome): void;
  renewed(written: boolean): void;
  capacityRefused(): void;
  lateToDraining(ms: number): void;
  gone(lateMs: number | null, drainMs: number): void;
  drainFailed(reason: string): void;
}

/** Registers the lease metrics. Every series of a fixed label exists from the start, at zero. */
export function createLeaseMetrics(registry: Registry): LeaseMetrics {
  const { acquires, renewals, failures, refusals } = counters(registry);
  const { toDraining, toGone, drains } = histograms(registry);
  const reasonLabel = boundedLabel(MAX_REASONS);
  for (const outcome of ['new', 'reused', 'refused', 'failed']) acquires.inc({ outcome }, 0);
  const written = renewals.labels('written');
  const unwritten = renewals.labels('unwritten');
  written.inc(0);
  unwritten.inc(0);
  return {
    ...createSweepMetrics(registry),
    acquired: (outcome) => {
      acquires.inc({ outcome });
    },
    renewed: (wrote) => {
      (wrote ? written : unwritten).inc();
    },
    capacityRefused: () => {
      refusals.inc();
    },
    lateToDraining: (ms) => {
      toDraining.observe(ms / 1000);
    },
    gone: (lateMs, drainMs) => {
      if (lateMs !== null) toGone.observe(lateMs / 1000);
      drains.observe(drainMs / 1000);
    },
    drainFailed: (reason) => {
      failures.inc({ reason: reasonLabel(reason) });
    },
  };
}

function counters(registry: Registry) {
  const counter = <Label extends string>(name: string, label: Label, help: string) =>
    new Counter({ name, help, labelNames: [label], registers: [registry] });
  return {
    acquires: counter('loiter_killer_acquires_total', 'outcome', 'Acquire calls by outcome.'),
    renewals: counter(
      'loiter_killer_renewals_total',
      'kind',
      'Renewals, by whether the ledger had to be written.',
    ),
    refusals: new Counter({
      name: 'loiter_killer_capacity_refusals_total',
      help: 'Acquire calls answered 429 because the account is full.',
      registers: [registry],
    }),
    failures: counter(
      'loiter_killer_drain_failures_total',
      'reason',
      'Failed attempts to delete a resource, by reason.',
    ),
  };
}

function histograms(registry: Registry) {
  const histogram = (name: string, help: string) =>
    new Histogram({ name, help, buckets: LATENESS_SECONDS, registers: [registry] });
  return {
    toDraining: histogram(
      'loiter_killer_deadline_to_draining_seconds',
      "From a lease's deadline to its flip to draining.",
    ),
    toGone: histogram(
      'loiter_killer_deadline_to_gone_seconds',
      "From a lease's deadline or release until all its resources are proven gone.",
    ),
    drains: histogram('loiter_killer_drain_duration_seconds', 'How long finished drains took.'),
  };
}
