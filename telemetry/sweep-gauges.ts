import { Gauge, type Registry } from 'prom-client';
import { LISTED_KINDS, type ListedKind } from '../domain/listed-store.ts';
import { limited } from './limited.ts';

/** What the last valid sweep found. */
export interface SweepReading {
  /** Epoch milliseconds; null before the first. */
  readonly lastSuccessMs: number | null;
  readonly listed: Readonly<Partial<Record<ListedKind, number>>>;
}

/** Registers the gauges over the last sweep and gives the function that brings them up to date; it never throws. */
export function createSweepGauges(
  registry: Registry,
  read: () => Promise<SweepReading>,
): () => Promise<void> {
  const registers = [registry];
  const success = new Gauge({
    name: 'loiter_killer_sweep_last_success_timestamp_seconds',
    help: 'When the last sweep ended whose listing was believed, in seconds since 1970; 0 = never.',
    registers,
  });
  const listed = new Gauge({
    name: 'loiter_killer_listed_stores',
    help: 'Vector stores that the provider listed, by what they are to this ledger.',
    labelNames: ['kind'],
    registers,
  });
  return async () => {
    const seen = await limited(read);
    // Without a ledger there is no value; an old one would look like news.
    success.remove();
    listed.reset();
    if (seen === undefined) return;
    success.set((seen.lastSuccessMs ?? 0) / 1000);
    for (const kind of LISTED_KINDS) listed.set({ kind }, seen.listed[kind] ?? 0);
  };
}
