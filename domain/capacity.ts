/** Vector stores of one provider account by who holds them; each is counted once. */
export interface Places {
  /** Of leases in use, claims whose store is still being made included. */
  readonly live: number;
  /** Being deleted, the stuck ones apart. */
  readonly draining: number;
  /** Their deletion keeps failing. */
  readonly stuck: number;
  /** Listed with this installation's tag, but of no lease that is in use or draining. */
  readonly unleased: number;
  /** Listed and not ours. */
  readonly foreign: number;
}

/** What the account may hold. */
export interface CapacityRule {
  /** 0 = no limit. */
  readonly storeLimit: number;
  readonly countForeign: boolean;
}

/** With fewer places free than this each claim counts; with more, half of them may be taken without a count. */
export const NEARLY_FULL_PLACES = 20;

const SHORTEST_WAIT_SECONDS = 1;
const LONGEST_WAIT_SECONDS = 60;

/** Places in use as far as they count. */
export function usedPlaces(places: Places, rule: CapacityRule): number {
  const own = places.live + places.draining + places.stuck + places.unleased;
  return rule.countForeign ? own + places.foreign : own;
}

/** Places left; null without a limit. */
export function freePlaces(places: Places, rule: CapacityRule): number | null {
  return rule.storeLimit === 0 ? null : Math.max(0, rule.storeLimit - usedPlaces(places, rule));
}

/** Whole seconds after which an attempt may succeed, from when the next place may come free; null = nobody knows. */
export function retryAfterSeconds(nextFreeMs: number | null): number {
  if (nextFreeMs === null) return LONGEST_WAIT_SECONDS;
  return Math.min(LONGEST_WAIT_SECONDS, Math.max(SHORTEST_WAIT_SECONDS, Math.ceil(nextFreeMs / 1000)));
}

/** Who holds the places, for people: `60 live, 5 draining, 1 stuck, 34 foreign`. */
export function holders(places: Places): string {
  const { live, draining, stuck, unleased, foreign } = places;
  const known = `${live} live, ${draining} draining, ${stuck} stuck`;
  return `${known}${unleased === 0 ? '' : `, ${unleased} of ours without a lease`}, ${foreign} foreign`;
}
