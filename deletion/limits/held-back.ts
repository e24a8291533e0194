import type { BreakerState } from '../../ledger/queries/provider-limit.ts';
import { ProviderFailure } from '../../providers/failure.ts';

/** What whoever meets a probe under way is told: it is answered or ended soon. */
const PROBE_WAIT_MS = 1_000;

/**
 * Our own limits did not let a call go: nothing was sent, so nothing failed and nothing is known of its object. For
 * whoever does not look closer it is a provider that is away; `retryAfterMs` tells when to come back.
 */
export class HeldBack extends ProviderFailure {
  override readonly name = 'HeldBack';
  declare readonly retryAfterMs: number;

  constructor(message: string, retryAfterMs: number) {
    super(message, { kind: 'unavailable', retryAfterMs });
  }
}

/**
 * The breaker is open. `spreadMs`: of many that wait, each comes at a time of its own within so much after the first
 * chance; the probe has then been answered, and those who come do not come all at once.
 */
export function breakerOpen({ reason, openMs }: BreakerState, spreadMs: number): HeldBack {
  const why =
    reason === 'missing'
      ? 'held back: the provider did not find many stores within a minute'
      : 'held back: the provider fails';
  return new HeldBack(why, Math.max(openMs, PROBE_WAIT_MS) + Math.random() * spreadMs);
}

/** The account's limits gave no turn in time. */
export function noTurn(patienceMs: number): HeldBack {
  return new HeldBack('held back: too many deletions wait for their turn', patienceMs * (1 + Math.random()));
}

/** The caller stopped waiting for its turn. */
export function stoppedWaiting(): HeldBack {
  return new HeldBack('cancelled while it waited for its turn', PROBE_WAIT_MS);
}

/** Nobody can say whether it is its turn. */
export function limitsUnknown(): HeldBack {
  return new HeldBack('held back: the limits of the account cannot be read', PROBE_WAIT_MS);
}
