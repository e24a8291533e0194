import { setTimeout as sleep } from 'node:timers/promises';

export interface UntilOptions {
  /** Default 15 s. */
  readonly deadlineMs?: number;
  /** Default 50 ms. */
  readonly everyMs?: number;
  /** What is waited for, for the message of the failure; may show the last state seen. */
  readonly describe: string | (() => string);
}

/** Thrown by a condition that can no longer come true: ends the wait at once. */
export class GiveUpError extends Error {}

/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns it. An exception of the
 * condition counts as "not yet" and is told when the deadline passes, but for a {@link GiveUpError}.
 */
export async function until<T>(
  condition: () => T | Promise<T>,
  options: UntilOptions,
): Promise<Exclude<T, false | null | undefined>> {
  const deadlineMs = options.deadlineMs ?? 15_000;
  const giveUpAt = performance.now() + deadlineMs;
  let lastError: unknown;
  do {
    try {
      const answer = await condition();
      if (answer !== false && answer !== null && answer !== undefined) {
        return answer as Exclude<T, false | null | undefined>;
      }
      lastError = undefined;
    } catch (error) {
      if (error instanceof GiveUpError) throw error;
      lastError = error;
    }
    await sleep(options.everyMs ?? 50);
  } while (performance.now() < giveUpAt);
  const what = typeof options.describe === 'string' ? options.describe : options.describe();
  throw new Error(`not within ${deadlineMs} ms: ${what}`, { cause: lastError });
}

/** Waits until the assertions hold; the last one that did not is the cause of the failure. */
export async function eventually(
  assertions: () => Promise<void>,
  options: Omit<UntilOptions, 'describe'> = {},
): Promise<void> {
  const holds = async () => {
    await assertions();
    return true;
  };
  await until(holds, { ...options, describe: 'the assertions hold' });
}
