/** Counters since the start of the process. */
export interface StartQueueCounts {
  /** Told to Temporal. */
  started: number;
  /** Not taken, because the queue was full; the outbox tells them later. */
  dropped: number;
  /** Tried once and failed; likewise. */
  failed: number;
}

export interface StartQueue {
  /** Takes the id unless it waits already or the queue is full. Never throws, never waits. */
  readonly push: (id: string) => void;
  /** How many more ids there is room for. */
  readonly room: () => number;
  /** Waiting and under way. */
  readonly size: () => number;
  /** Takes no more and forgets who waits; resolves once nothing is under way. */
  readonly stop: () => Promise<void>;
  readonly counts: Readonly<StartQueueCounts>;
}

export interface StartQueueOptions {
  readonly maxWaiting: number;
  readonly concurrency: number;
  /** One bounded attempt. */
  readonly start: (id: string) => Promise<void>;
  readonly onFailure: (id: string, error: unknown) => void;
}

/**
 * A bounded queue of ids to be told once. An id that waits absorbs further pushes of it; one that is under way
 * does not, because what happened since may have come too late for the call in flight.
 */
export function createStartQueue(options: StartQueueOptions): StartQueue {
  const waiting = new Set<string>();
  const underWay = new Set<Promise<void>>();
  const counts: StartQueueCounts = { started: 0, dropped: 0, failed: 0 };
  let stopped = false;

  function pump(): void {
    for (const id of waiting) {
      if (underWay.size >= options.concurrency) return;
      waiting.delete(id);
      const task = attempt(options, counts, id).then(() => {
        underWay.delete(task);
        pump();
      });
      underWay.add(task);
    }
  }

  return {
    counts,
    push: (id) => {
      const full = waiting.size >= options.maxWaiting && !waiting.has(id);
      if (stopped || full) counts.dropped += 1;
      else waiting.add(id);
      pump();
    },
    room: () => (stopped ? 0 : options.maxWaiting - waiting.size),
    size: () => waiting.size + underWay.size,
    stop: async () => {
      stopped = true;
      counts.dropped += waiting.size;
      waiting.clear();
      await Promise.all(underWay);
    },
  };
}

async function attempt(options: StartQueueOptions, counts: StartQueueCounts, id: string): Promise<void> {
  try {
    await options.start(id);
    counts.started += 1;
  } catch (error) {
    counts.failed += 1;
    options.onFailure(id, error);
  }
}
