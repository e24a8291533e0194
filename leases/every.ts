import { setTimeout as sleep } from 'node:timers/promises';

interface Log {
  warn(fields: object, message: string): void;
}

export interface EveryOptions {
  readonly name: string;
  readonly everyMs: number;
  readonly log: Log;
  /** Ends the repetition; a turn under way is finished first. */
  readonly signal: AbortSignal;
}

/** Does `work` at once and then again and again, one turn after another. A turn that fails is logged, not fatal. */
export async function every(options: EveryOptions, work: () => Promise<void>): Promise<void> {
  const { name, everyMs, log, signal } = options;
  let failures = 0;
  while (!signal.aborted) {
    try {
      await work();
      failures = 0;
    } catch (error) {
      failures += 1;
      // An outage is told when it begins and then ever more rarely.
      if ((failures & (failures - 1)) === 0)
        log.warn({ err: error, failures }, `${name} failed; trying again`);
    }
    await sleep(everyMs, undefined, { signal }).catch(() => undefined);
  }
}
