interface Hidden {
  readonly untilMs: number | null;
  callsLeft: number;
}

/** Objects that exist and do not show yet. Not durable: it is a fault, not state. */
export interface Hiding {
  /** Hides an id until a time (epoch ms), or else for so many calls that would have seen it. */
  readonly hide: (id: string, until: { readonly untilMs: number | null; readonly calls: number }) => void;
  /** Whether the id is still hidden; counts as one of the calls it waits for. */
  readonly meet: (id: string) => boolean;
}

export function openHiding(): Hiding {
  const hidden = new Map<string, Hidden>();
  return {
    hide: (id, { untilMs, calls }) => void hidden.set(id, { untilMs, callsLeft: calls }),
    meet: (id) => {
      const one = hidden.get(id);
      if (one === undefined) return false;
      const still = one.untilMs === null ? one.callsLeft > 0 : Date.now() < one.untilMs;
      one.callsLeft -= 1;
      if (!still) hidden.delete(id);
      return still;
    },
  };
}
