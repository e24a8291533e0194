import { setTimeout as sleep } from 'node:timers/promises';
import type { Part } from './part.ts';

const PAUSE_MS = 100;

/**
 * Asks `probe` again and again until it does not throw. Rejects after `deadlineMs`, or at once where the part has
 * ended, with the end of its log.
 */
export async function untilReady(
  part: Part,
  deadlineMs: number,
  probe: () => Promise<unknown>,
): Promise<void> {
  const giveUpAt = performance.now() + deadlineMs;
  for (;;) {
    if (part.hasEnded()) throw new Error(explain(part, `ended at once (${await part.ended})`));
    try {
      await probe();
      return;
    } catch (error) {
      if (performance.now() > giveUpAt) {
        throw new Error(explain(part, `is not ready after ${deadlineMs / 1000} s`), { cause: error });
      }
    }
    await sleep(PAUSE_MS);
  }
}

function explain(part: Part, what: string): string {
  const tail = part.logTail();
  return `${part.name} ${what}${tail === '' ? '' : `; its last lines:\n${tail}`}`;
}
