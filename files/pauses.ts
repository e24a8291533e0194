/** Tells how long to wait before the next try, in milliseconds: each time longer, and at random around it. */
export type Pauses = () => number;

/** From `firstMs`, doubling up to `maxMs`; half of it to half as much again. */
export function createPauses(firstMs: number, maxMs: number): Pauses {
  let nextMs = firstMs;
  return () => {
    const pauseMs = nextMs * (0.5 + Math.random());
    nextMs = Math.min(maxMs, nextMs * 2);
    return pauseMs;
  };
}
