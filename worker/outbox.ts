/** Most sessions taken by one look: three seconds' worth of a development server's 150 starts a second. */
const BATCH = 500;

export interface Outbox {
  /** Sessions whose workflow has to be told to look; each is handed out at most once a minute. */
  readonly dueForWake: (limit: number) => Promise<readonly string[]>;
  readonly notifier: {
    changed(sessionId: string): void;
    readonly room: () => number;
    readonly counts: { readonly started: number; readonly failed: number };
  };
}

/**
 * One turn of the outbox: wakes workflows, decides nothing. Takes no more than the notifier has room for, since
 * what it drops would wait for a minute. While Temporal is away it takes one at a time, so that the others are
 * due at once when it is back.
 */
export function createOutbox({ dueForWake, notifier }: Outbox): () => Promise<void> {
  let before = { ...notifier.counts };
  return async () => {
    const { started, failed } = notifier.counts;
    const away = failed > before.failed && started === before.started;
    before = { started, failed };
    for (;;) {
      const limit = Math.min(away ? 1 : BATCH, notifier.room());
      if (limit <= 0) return;
      const due = await dueForWake(limit);
      for (const sessionId of due) notifier.changed(sessionId);
      if (away || due.length < limit) return;
    }
  };
}
