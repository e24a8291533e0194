/** Work that goes on whatever becomes of whoever asked for it. */
export interface UnderWay {
  add<T>(work: Promise<T>): Promise<T>;
  /** Waits for what is under way, at most `waitMs`. */
  settle(waitMs: number): Promise<void>;
}

export function createUnderWay(): UnderWay {
  const running = new Set<Promise<unknown>>();
  return {
    add: (work) => {
      running.add(work);
      const end = (): void => void running.delete(work);
      work.then(end, end);
      return work;
    },
    settle: async (waitMs) => {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, waitMs);
      });
      await Promise.race([Promise.allSettled(running), late]);
      clearTimeout(timer);
    },
  };
}
