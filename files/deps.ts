import type { Logger } from 'pino';
import type { ProviderName, UploadLimits } from '../domain/providers.ts';
import type { Db, Ledger } from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';
import type { FileMeter, FileNotifier } from './contract.ts';
import type { FileSettings } from './settings.ts';

/** A provider account that files can be uploaded to. */
export interface FileAccount {
  readonly name: ProviderName;
  /** Within the limits of its account, and heeding a pause of deletions. */
  readonly provider: StoreProvider;
  /** The ledger's row of the account. */
  readonly accountId: number;
  readonly limits: UploadLimits;
}

/** The live lease of a session, as an upload for it needs it. */
export interface SessionStore {
  readonly leaseId: string;
  readonly storeId: string;
}

/** What the files want of the leases; implemented by them. */
export interface SessionHolder {
  /**
   * Renews the lease. The store is at the provider that offers stores. Throws `SESSION_NOT_FOUND`, `LEASE_REPLACED`,
   * `LEASE_SETTLING`, `PROVIDER_HAS_NO_STORES`.
   */
  storeOf(sessionId: string, leaseId: string | null): Promise<SessionStore>;
  /**
   * Within a transaction that holds no lock yet: locks the lease, then the file, has the lease track it and renews it;
   * resolves with the file's row and what is left of the lease. Throws as {@link storeOf}, and `FILE_BEING_DELETED`,
   * `LEASE_FULL`.
   */
  track(
    db: Db,
    wish: { readonly sessionId: string; readonly leaseId: string; readonly fileId: string },
  ): Promise<{ readonly fileKey: string; readonly leaseId: string; readonly secondsLeft: number | null }>;
}

/** Everything the room works with; made once by a composition root. */
export interface FileDeps {
  readonly ledger: Ledger;
  /** In the order in which one is chosen: the preferred one first. */
  readonly accounts: readonly FileAccount[];
  readonly settings: FileSettings;
  readonly sessions: SessionHolder;
  readonly notifier: FileNotifier;
  readonly meter: FileMeter;
  readonly log: Logger;
}
