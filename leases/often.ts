import type { Db } from '../ledger/index.ts';
import { reacquireMany } from '../ledger/queries/reacquire-many.ts';
import { reacquire, type Reacquired, type ReacquireInput } from '../ledger/queries/reacquire.ts';
import { renewMany } from '../ledger/queries/renew-many.ts';
import { renew, type Renewed, type RenewInput } from '../ledger/queries/renew.ts';
import { trackKnownMany } from '../ledger/queries/track-known-many.ts';
import { trackKnown, type KnownLease, type TrackKnownInput } from '../ledger/queries/track-known.ts';
import { together } from '../ledger/together.ts';

/** Entries of a call that may share a statement: MCP servers send a few, and one long list would delay all others. */
const FEW_ENTRIES = 100;

/** What is called often: calls of one kind that come at the same time share a statement. */
export interface Often {
  reacquire(input: ReacquireInput): Promise<Reacquired | undefined>;
  renew(input: RenewInput): Promise<Renewed | undefined>;
  trackKnown(input: TrackKnownInput): Promise<KnownLease | undefined>;
}

/** One for each process; every call has to ask for the same times. */
export function createOften(db: Db): Often {
  return {
    reacquire: together({
      alone: (input) => reacquire(db, input),
      many: (inputs) => reacquireMany(db, inputs),
    }),
    renew: together({ alone: (input) => renew(db, input), many: (inputs) => renewMany(db, inputs) }),
    trackKnown: together({
      alone: (input) => trackKnown(db, input),
      many: (inputs) => trackKnownMany(db, inputs),
      shares: (input) => input.fileIds.length + input.filePaths.length <= FEW_ENTRIES,
    }),
  };
}
