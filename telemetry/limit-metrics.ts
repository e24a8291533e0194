import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** At 30 a second sixteen deletions wait half a second; after 5 s a deletion is handed back. */
const WAIT_SECONDS = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60];
/** A scrape must end although the database is away. */
const VIEW_LIMIT_MS = 2_000;
const REASONS = ['breaker', 'turn', 'ledger'] as const;

/** Counts what the limits of an account do to this process's calls; has the shape of the limits' own meter. */
export interface LimitMetrics {
  waited(ms: number): void;
  heldBack(why: (typeof REASONS)[number]): void;
  inUse(permits: number): void;
}

/** Registers the metrics of an account's limits. Every series exists from the start, at zero. */
export function createLimitMetrics(registry: Registry): LimitMetrics {
  const registers = [registry];
  const waits = new Histogram({
    name: 'loiter_killer_provider_turn_wait_seconds',
    help: 'How long deletions waited for their turn within the limits of the account.',
    buckets: WAIT_SECONDS,
    registers,
  });
  const permits = new Gauge({
    name: 'loiter_killer_provider_permits_in_use',
    help: 'Deletions that this process has under way, or reserved within the next moment.',
    registers,
  });
  const heldBack = new Counter({
    name: 'loiter_killer_provider_held_back_total',
    help: 'Calls not sent: the breaker is open, no turn came in time, or the ledger could not be asked.',
    labelNames: ['why'],
    registers,
  });
  for (const why of REASONS) heldBack.inc({ why }, 0);
  return {
    waited: (ms) => {
      waits.observe(ms / 1000);
    },
    heldBack: (why) => {
      heldBack.inc({ why });
    },
    inUse: (count) => {
      permits.set(count);
    },
  };
}

/** Registers the gauge over the account's breaker, read from the ledger at each scrape; in one process only. */
export function createBreakerGauge(registry: Registry, isOpen: () => Promise<boolean>): void {
  new Gauge({
    name: 'loiter_killer_provider_breaker_open',
    help: 'Whether the breaker of the provider account is open or half open.',
    registers: [registry],
    async collect() {
      const open = await isOpenInTime(isOpen);
      // Without a ledger there is no value: a stale or zero one would look like good news.
      if (open === undefined) this.remove();
      else this.set(Number(open));
    },
  });
}

async function isOpenInTime(isOpen: () => Promise<boolean>): Promise<boolean | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, VIEW_LIMIT_MS, undefined);
  });
  try {
    return await Promise.race([isOpen(), late]);
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
