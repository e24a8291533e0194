/** The promises, and whether a recorded history keeps them. Pure: needs nothing but the history. */
import type { History } from '../history/read.ts';
import {
  answeredInBounds,
  answersInContract,
  fenced,
  fullLeaseAnswered,
  oneCreate,
  trackedIsListed,
} from './answers.ts';
import { factsOf } from './facts.ts';
import type { Invariant, Violation } from './invariant.ts';
import { leaseKept, oneLiveStore, releasedStaysEnded, ttlKept } from './kept.ts';
import { closedMeansGone, drainedInTheEnd, everythingDeleted } from './leaks.ts';
import { adoptsWhatIsThere, capacityKept, foreignUntouched, nobodyDiesAlone } from './provider.ts';
import { provenMeansGone, sentOnce, uploadKept, uploadsEnd } from './uploads.ts';

export const INVARIANTS: readonly Invariant[] = [
  ttlKept,
  leaseKept,
  oneLiveStore,
  oneCreate,
  adoptsWhatIsThere,
  everythingDeleted,
  closedMeansGone,
  drainedInTheEnd,
  foreignUntouched,
  capacityKept,
  answeredInBounds,
  answersInContract,
  releasedStaysEnded,
  fenced,
  fullLeaseAnswered,
  trackedIsListed,
  uploadKept,
  sentOnce,
  uploadsEnd,
  provenMeansGone,
  nobodyDiesAlone,
];

/** A violation with the name of the invariant. */
export interface Finding extends Violation {
  readonly invariant: string;
}

/** Everything that is wrong with the history, the earliest first. */
export function check(history: History): readonly Finding[] {
  const facts = factsOf(history);
  return INVARIANTS.flatMap(({ name, check: look }) =>
    look(facts).map((violation) => ({ ...violation, invariant: name })),
  ).toSorted((a, b) => a.at - b.at);
}
