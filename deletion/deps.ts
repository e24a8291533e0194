import type { Ledger } from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';

/** How long calls may take, and what proves an object gone. */
export interface ProofSettings {
  /** Deadline of a call about one object. */
  readonly providerDeadlineMs: number;
  /** Deadline of a full listing of the account. */
  readonly listingDeadlineMs: number;
  /** A 404 for an object younger than `youngObjectMs` counts only with a second one this much later. */
  readonly confirmGoneMs: number;
  readonly youngObjectMs: number;
}

/** What the proofs of one account work with. */
export interface ProofDeps {
  readonly ledger: Ledger;
  readonly provider: StoreProvider;
  /** The ledger's row of the provider's account. */
  readonly accountId: number;
  readonly settings: ProofSettings;
}
