import { Gauge, type Registry } from 'prom-client';
import type { LeaseState } from '../domain/lease.ts';
import { limited } from './limited.ts';

/** One look over the whole ledger. */
export interface LedgerSnapshot {
  /** Only states that hold resources; closed leases are history. */
  readonly byState: Readonly<Partial<Record<LeaseState, number>>>;
  readonly stuck: number;
  /** Rows whose last change no workflow has seen for 30 s. */
  readonly unowned: number;
  readonly deletionsPaused: boolean;
}

/** Registers the gauges over the ledger and gives the function that brings them up to date; it never throws. */
export function createLedgerGauges(
  registry: Registry,
  snapshot: () => Promise<LedgerSnapshot>,
): () => Promise<void> {
  const registers = [registry];
  const gauge = (name: string, help: string) => new Gauge({ name, help, registers });
  const leases = new Gauge({
    name: 'loiter_killer_leases',
    help: 'Leases that are not closed, by state.',
    labelNames: ['state'],
    registers,
  });
  const stuck = gauge('loiter_killer_leases_stuck', 'Draining leases whose deletions keep failing.');
  const unowned = gauge(
    'loiter_killer_leases_unowned',
    'Leases whose last change no workflow has seen for 30 s.',
  );
  const paused = gauge(
    'loiter_killer_deletions_paused',
    'Whether nothing is deleted at the provider until an operator says so.',
  );
  const up = gauge('loiter_killer_ledger_up', 'Whether the ledger answered this scrape.');
  return async () => {
    const seen = await limited(snapshot);
    up.set(seen === undefined ? 0 : 1);
    for (const each of [leases, stuck, unowned, paused]) each.reset();
    if (seen === undefined) {
      // A stale or zero value would look like good news: without a ledger there is no value.
      for (const each of [stuck, unowned, paused]) each.remove();
      return;
    }
    for (const [state, count] of Object.entries(seen.byState)) leases.set({ state }, count);
    stuck.set(seen.stuck);
    unowned.set(seen.unowned);
    paused.set(seen.deletionsPaused ? 1 : 0);
  };
}
