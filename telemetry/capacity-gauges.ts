import { Gauge, type Registry } from 'prom-client';
import type { Places } from '../domain/capacity.ts';
import { limited } from './limited.ts';

/** The places of the account that this process works with. */
export interface CapacityReading extends Places {
  /** Null = no limit. */
  readonly limit: number | null;
  readonly used: number;
  readonly forecast: readonly { readonly withinSeconds: number; readonly leases: number }[];
}

const HOLDERS = ['live', 'draining', 'stuck', 'unleased', 'foreign'] as const;

/** Registers the gauges over the account and gives the function that brings them up to date; it never throws. */
export function createCapacityGauges(
  registry: Registry,
  read: () => Promise<CapacityReading | undefined>,
): () => Promise<void> {
  const registers = [registry];
  const limit = new Gauge({
    name: 'loiter_killer_capacity_limit',
    help: 'Vector stores that the account may hold; 0 = no limit.',
    registers,
  });
  const used = new Gauge({
    name: 'loiter_killer_capacity_used',
    help: 'Places for vector stores that are taken, foreign ones where they count.',
    registers,
  });
  const stores = new Gauge({
    name: 'loiter_killer_capacity_stores',
    help: 'Vector stores of the account, by who holds them.',
    labelNames: ['holder'],
    registers,
  });
  const expiring = new Gauge({
    name: 'loiter_killer_leases_expiring',
    help: 'Leases in use that fall due within so many seconds, unless they are renewed.',
    labelNames: ['within_seconds'],
    registers,
  });
  return async () => {
    const seen = await limited(read);
    // Without a ledger there is no value; an old one would look like news.
    for (const each of [limit, used]) each.remove();
    for (const each of [stores, expiring]) each.reset();
    if (seen === undefined) return;
    limit.set(seen.limit ?? 0);
    used.set(seen.used);
    for (const holder of HOLDERS) stores.set({ holder }, seen[holder]);
    for (const { withinSeconds, leases } of seen.forecast) {
      expiring.set({ within_seconds: withinSeconds }, leases);
    }
  };
}
