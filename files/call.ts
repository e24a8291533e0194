import type { Place } from '../ledger/queries/upload-look.ts';
import type { ProviderName } from '../domain/providers.ts';
import type { UploadRequest } from './contract.ts';
import type { FileAccount, FileDeps, SessionStore } from './deps.ts';
import type { Slots } from './slots.ts';
import type { TimeLeft } from './time-left.ts';

/** What uploads work with. */
export interface UploadDeps extends FileDeps {
  readonly slots: Slots;
}

/** An account that may take the file, and where equal content would be. */
export interface Candidate extends Place {
  readonly account: FileAccount;
}

/** One upload on its way. */
export interface Call {
  readonly request: UploadRequest;
  readonly time: TimeLeft;
  /** In the order in which they are tried; at least one. */
  readonly candidates: readonly Candidate[];
  /** The live lease that it is for. */
  readonly store: SessionStore | null;
  readonly progress: Progress;
}

/** How far an upload has come, for whoever tells of its end. */
export interface Progress {
  /** The provider that was chosen last. */
  provider: ProviderName | 'none';
  /** Bytes may have left. */
  sent: boolean;
}

/** A lease as the upload renewed it. */
export interface Kept {
  readonly leaseId: string;
  readonly secondsLeft: number | null;
}

/** The file that answers an upload. */
export interface Obtained {
  readonly candidate: Candidate;
  readonly fileId: string;
  readonly deduplicated: boolean;
  readonly lease: Kept | null;
}
