import type { Logger } from 'pino';
import { BEAT_EVERY_MS } from '../domain/pulse.ts';
import { recordPulse, type Ledger } from '../ledger/index.ts';
import { every } from './every.ts';

export interface Pulse {
  readonly ledger: Ledger;
  /** What beats: only an api's beat says that clients can renew. */
  readonly by: 'api' | 'worker';
  /** `OUTAGE_GRACE_SECONDS` in milliseconds. */
  readonly graceMs: number;
  readonly log: Logger;
  /** Ends it. */
  readonly signal: AbortSignal;
}

/**
 * Tells the ledger each second that this process lives. What falls due while no api does so waits for a while,
 * because its clients cannot renew. Resolves after the signal.
 */
export async function keepPulse({ ledger, by, graceMs, log, signal }: Pulse): Promise<void> {
  await every({ name: 'the pulse', everyMs: BEAT_EVERY_MS, log, signal }, async () => {
    const outage = await recordPulse(ledger, { by, graceMs });
    if (outage === undefined) return;
    const { from, to, sparedUntil } = outage;
    const fields = { event: 'outage_over', from, to, spared_until: sparedUntil };
    log.warn(fields, 'no api was there for a while: leases that fell due meanwhile are spared');
  });
}
