import type { Facts } from './facts.ts';

/** A promise of the product that a history breaks. */
export interface Violation {
  /** In one sentence, with the ids concerned. */
  readonly what: string;
  /** When it showed. */
  readonly at: number;
  readonly session: string | null;
  /** Ids of leases, stores and files that the story is about. */
  readonly about: readonly string[];
}

export interface Invariant {
  readonly name: string;
  /** What the product promises. */
  readonly promise: string;
  check(facts: Facts): readonly Violation[];
}
