import { setTimeout as sleep } from 'node:timers/promises';
import { isUnavailable } from './failures.ts';

/**
 * Does the work, and does it again while the ledger is away: after each of the pauses, in milliseconds, for as long as
 * there is one left that `mayWait` agrees to. Throws what the work throws; a ledger that stayed away as `LEDGER_UNAVAILABLE`.
 */
export async function againWhileAway<T>(
  work: () => Promise<T>,
  pausesMs: Iterable<number>,
  mayWait: (pauseMs: number) => boolean = () => true,
): Promise<T> {
  for (const pauseMs of pausesMs) {
    try {
      return await work();
    } catch (error) {
      if (!isUnavailable(error) || !mayWait(pauseMs)) throw error;
      await sleep(pauseMs);
    }
  }
  return work();
}
