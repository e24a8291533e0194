import { Gauge, type Registry } from 'prom-client';

/** What a connection pool says of itself. */
export interface PoolStats {
  readonly total: number;
  readonly idle: number;
  readonly waiting: number;
}

/** Registers the gauges over the database pool, read at each scrape. */
export function createPoolGauges(registry: Registry, stats: () => PoolStats): void {
  new Gauge({
    name: 'loiter_killer_ledger_pool_connections',
    help: 'Open connections to the ledger, by state.',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const { total, idle } = stats();
      this.set({ state: 'idle' }, idle);
      this.set({ state: 'busy' }, total - idle);
    },
  });
  new Gauge({
    name: 'loiter_killer_ledger_pool_waiting_requests',
    help: 'Statements waiting for a connection to the ledger.',
    registers: [registry],
    collect() {
      this.set(stats().waiting);
    },
  });
}
