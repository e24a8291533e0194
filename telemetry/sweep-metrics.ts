import { Counter, type Registry } from 'prom-client';
import { boundedLabel } from './bounded-label.ts';

/** Why the sweep deletes a store; a handful of words of our own. */
const MAX_REASONS = 8;

/** Counts what sweeps find and do; part of the leases' own meter. */
export interface SweepMetrics {
  swept(outcome: 'valid' | 'invalid'): void;
  strayDeleted(reason: string): void;
  storeLost(): void;
  expiryKept(outcome: 'pushed' | 'cleared' | 'failed'): void;
}

/** Registers the sweep's counters. Every series of a fixed label exists from the start, at zero. */
export function createSweepMetrics(registry: Registry): SweepMetrics {
  const { runs, strays, lost, expiries } = counters(registry);
  for (const outcome of ['valid', 'invalid']) runs.inc({ outcome }, 0);
  for (const reason of ['orphan', 'listed_again', 'left_behind']) strays.inc({ reason }, 0);
  for (const outcome of ['pushed', 'cleared', 'failed']) expiries.inc({ outcome }, 0);
  const reasonLabel = boundedLabel(MAX_REASONS);
  return {
    swept: (outcome) => {
      runs.inc({ outcome });
    },
    strayDeleted: (reason) => {
      strays.inc({ reason: reasonLabel(reason) });
    },
    storeLost: () => {
      lost.inc();
    },
    expiryKept: (outcome) => {
      expiries.inc({ outcome });
    },
  };
}

function counters(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  return {
    runs: counter(
      'loiter_killer_sweep_runs_total',
      'Sweeps by whether their listing was believed.',
      'outcome',
    ),
    strays: counter(
      'loiter_killer_stray_stores_deleted_total',
      'Stores that nobody held and a sweep deleted, by reason.',
      'reason',
    ),
    lost: counter('loiter_killer_stores_lost_total', 'Live leases that ended because their store was gone.'),
    expiries: counter(
      'loiter_killer_provider_expiries_total',
      "Provider expiries of live leases' stores that came near, by what became of them.",
      'outcome',
    ),
  };
}
