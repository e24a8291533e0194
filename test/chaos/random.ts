/** Chance that can be had again: the same seed gives the same numbers, on every machine. */
export interface Chance {
  /** From 0 up to, not including, 1. */
  fraction(): number;
  /** A whole number, both ends included. */
  whole(from: number, to: number): number;
  is(probability: number): boolean;
  pick<T>(from: readonly T[]): T;
  /** One of the values, each as likely as its weight says. */
  weighted<T>(choices: readonly (readonly [weight: number, value: T])[]): T;
}

const TWO_TO_THE_32 = 2 ** 32;

/** The generator "mulberry32": 32 bits of state are plenty for some thousands of draws. */
export function chanceOf(seed: number): Chance {
  let state = Math.imul(seed, 0x9e3779b1) >>> 0;
  const fraction = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / TWO_TO_THE_32;
  };
  const pick = <T>(from: readonly T[]): T => {
    const chosen = from[Math.floor(fraction() * from.length)];
    if (chosen === undefined) throw new Error('nothing to choose from');
    return chosen;
  };
  return {
    fraction,
    whole: (from, to) => from + Math.floor(fraction() * (to - from + 1)),
    is: (probability) => fraction() < probability,
    pick,
    weighted: (choices) => {
      let rest = fraction() * choices.reduce((sum, [weight]) => sum + weight, 0);
      const chosen = choices.find(([weight]) => (rest -= weight) < 0) ?? choices.at(-1);
      if (chosen === undefined) throw new Error('nothing to choose from');
      return chosen[1];
    },
  };
}
