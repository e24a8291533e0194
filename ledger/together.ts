/** A call that the statement for many left undone, because somebody else held its row: it goes alone, and waits. */
export const BUSY = Symbol('busy');

export interface Together<Call, Answer> {
  /** The statement for one call. May wait for a lock. */
  readonly alone: (call: Call) => Promise<Answer>;
  /** One statement for several calls; answers in their order. Never waits for a lock. */
  readonly many: (calls: readonly Call[]) => Promise<readonly (Answer | typeof BUSY)[]>;
  /** Whether a call may share a statement; by default every call may. */
  readonly shares?: (call: Call) => boolean;
}

/** Statements under way at once: one is prepared and parsed while the database works on the other. */
const UNDER_WAY = 2;
/** Calls in one statement: beyond some dozens a longer statement saves nothing more and delays its first call. */
const MOST = 32;

interface Waiting<Call, Answer> {
  readonly call: Call;
  readonly resolve: (answer: Answer | Promise<Answer>) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Lets calls of the same kind that arrive while others are under way share a statement: a round trip, a commit
 * and its flush to disk for all of them. A call that comes alone goes at once, by the statement for one. Calls
 * that share a statement share its failure.
 */
export function together<Call, Answer>(kind: Together<Call, Answer>): (call: Call) => Promise<Answer> {
  const queue: Waiting<Call, Answer>[] = [];
  let underWay = 0;
  let due = false;

  const start = (): void => {
    due = false;
    while (queue.length > 0 && underWay < UNDER_WAY) {
      underWay += 1;
      void send(kind, queue.splice(0, MOST)).finally(() => {
        underWay -= 1;
        start();
      });
    }
  };
  return (call) => {
    if (kind.shares?.(call) === false) return kind.alone(call);
    return new Promise((resolve, reject) => {
      queue.push({ call, resolve, reject });
      if (due || underWay >= UNDER_WAY) return;
      due = true;
      // After the event loop has read the other sockets that are ready: their calls come along.
      setImmediate(start);
    });
  };
}

async function send<Call, Answer>(
  kind: Together<Call, Answer>,
  waiting: readonly Waiting<Call, Answer>[],
): Promise<void> {
  const [first, second] = waiting;
  try {
    if (first !== undefined && second === undefined) {
      first.resolve(await kind.alone(first.call));
      return;
    }
    const answers = await kind.many(waiting.map(({ call }) => call));
    for (const [index, { call, resolve }] of waiting.entries()) {
      const answer = answers[index] as Answer | typeof BUSY;
      resolve(answer === BUSY ? kind.alone(call) : answer);
    }
  } catch (error) {
    for (const { reject } of waiting) reject(error);
  }
}
