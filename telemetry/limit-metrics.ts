import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import { isProviderName } from '../domain/providers.ts';
import type { FileMeter } from '../files/contract.ts';
import { limited } from './limited.ts';

/** At 30 a second sixteen deletions wait half a second; after 5 s a deletion is handed back. */
const WAIT_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
const REASONS = ['breaker', 'turn', 'ledger'] as const;

/** Counts what the limits of one account do to this process's calls; has the shape of the limits' own meter. */
export interface LimitMetrics {
  waited(ms: number): void;
  heldBack(why: (typeof REASONS)[number]): void;
  inUse(permits: number): void;
  opened(): void;
}

/**
 * Registers the metrics of the accounts' limits, once for all accounts of a process, and gives the function that makes
 * the meter of one: of each provider, by its name, there may be one. Every series exists from the start, at zero.
 */
export function createLimitMetrics(
  registry: Registry,
  files: Pick<FileMeter, 'breakerTripped'>,
): (provider: string) => LimitMetrics {
  const { waits, permits, heldBack } = families(registry);
  for (const why of REASONS) heldBack.inc({ why }, 0);
  const held = new Map<string, number>();
  return (provider) => ({
    waited: (ms) => {
      waits.observe(ms / 1000);
    },
    heldBack: (why) => {
      heldBack.inc({ why });
    },
    inUse: (count) => {
      held.set(provider, count);
      permits.set([...held.values()].reduce((sum, each) => sum + each, 0));
    },
    opened: () => {
      if (isProviderName(provider)) files.breakerTripped(provider);
    },
  });
}

function families(registry: Registry) {
  const registers = [registry];
  return {
    waits: new Histogram({
      name: 'loiter_killer_provider_turn_wait_seconds',
      help: 'How long deletions waited for their turn within the limits of the account.',
      buckets: WAIT_SECONDS,
      registers,
    }),
    permits: new Gauge({
      name: 'loiter_killer_provider_permits_in_use',
      help: 'Deletions that this process has under way, or reserved within the next moment.',
      registers,
    }),
    heldBack: new Counter({
      name: 'loiter_killer_provider_held_back_total',
      help: 'Calls not sent: the breaker is open, no turn came in time, or the ledger could not be asked.',
      labelNames: ['why'],
      registers,
    }),
  };
}

/** Registers the gauge over the breaker of the stores' account, read from the ledger at each scrape; in one process only. */
export function createBreakerGauge(registry: Registry, isOpen: () => Promise<boolean>): void {
  new Gauge({
    name: 'loiter_killer_provider_breaker_open',
    help: 'Whether the breaker of the provider account is open or half open.',
    registers: [registry],
    async collect() {
      const open = await limited(isOpen);
      // Without a ledger there is no value: a stale or zero one would look like good news.
      if (open === undefined) this.remove();
      else this.set(Number(open));
    },
  });
}
