import type { Logger } from 'pino';
import type { ProofDeps } from '../deletion/deps.ts';
import type { ClaimPlace } from './claim-place.ts';
import type { LeaseMeter, SessionNotifier, UploadMeter } from './contract.ts';
import type { KnownEntries } from './known-entries.ts';
import type { Often } from './often.ts';
import type { LeaseSettings } from './settings.ts';

/** Everything the room works with; made once by a composition root. */
export interface LeaseDeps extends ProofDeps {
  readonly settings: LeaseSettings;
  readonly notifier: SessionNotifier;
  readonly meter: LeaseMeter;
  readonly uploads: UploadMeter;
  readonly log: Logger;
}

/** What the calls that come often work with besides. */
export interface OftenDeps extends LeaseDeps {
  readonly often: Often;
  readonly known: KnownEntries;
  readonly claimPlace: ClaimPlace;
}
