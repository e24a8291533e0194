import type { Logger } from 'pino';
import type { Ledger } from '../../ledger/index.ts';
import type { BreakerReason } from '../../ledger/queries/provider-limit.ts';
import type { LimitSettings } from './settings.ts';

/** The breaker is open, no turn came in time, or the ledger could not be asked. */
export type WhyHeldBack = 'breaker' | 'turn' | 'ledger';

/** What the limits tell the metrics; implemented in `telemetry/`. Durations in milliseconds. */
export interface LimitMeter {
  /** A deletion got its turn after so long. */
  waited(ms: number): void;
  /** A call was not sent. */
  heldBack(why: WhyHeldBack): void;
  /** Permits that this process holds now. */
  inUse(permits: number): void;
  /** An outcome of this process opened the breaker. */
  opened(reason: BreakerReason): void;
}

/** What the limits of one account work with. */
export interface LimitDeps {
  readonly ledger: Ledger;
  /** The ledger's row of the provider's account. */
  readonly accountId: number;
  readonly settings: LimitSettings;
  readonly meter: LimitMeter;
  readonly log: Pick<Logger, 'warn' | 'info'>;
}
