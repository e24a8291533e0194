export interface FilePoll {
  /** Milliseconds until the upkeep of files has something to do; null = nothing. */
  readonly dueMs: () => Promise<number | null>;
  readonly notifier: { due(): void };
}

/** One turn of the poll that starts, or wakes, the upkeep of files when something is due; decides nothing. */
export function createFilePoll({ dueMs, notifier }: FilePoll): () => Promise<void> {
  return async () => {
    if ((await dueMs()) === 0) notifier.due();
  };
}
