import type { Account } from '../domain/account.ts';
import type { StoreMetadata } from '../domain/store-tags.ts';

/** A vector store as the provider tells it. Times are epoch milliseconds. */
export interface ProviderStore {
  readonly id: string;
  readonly name: string;
  readonly status: 'in_progress' | 'completed' | 'expired';
  readonly createdAtMs: number;
  readonly expiresAtMs: number | null;
  readonly usageBytes: number;
  /** Files attached, whatever became of their processing; null where the provider does not tell. */
  readonly fileCount: number | null;
  readonly metadata: StoreMetadata;
}

/** An uploaded file. What a provider does not tell is null. */
export interface ProviderFile {
  readonly id: string;
  readonly createdAtMs: number;
  readonly filename: string | null;
  readonly sizeBytes: number | null;
  readonly purpose: string | null;
}

/** A file to be uploaded. */
export interface NewFile {
  /** Tells uploads apart for the breaker; never sent. */
  readonly uploadId: string;
  /** Where its bytes are; they are streamed from there, never held whole. */
  readonly path: string;
  readonly sizeBytes: number;
  readonly filename: string;
  readonly mimeType: string;
  readonly purpose: string;
}

/** Limits of reading a file back. */
export interface ContentOptions extends CallOptions {
  /** More bytes than that are a failure: another file than was expected. */
  readonly maxBytes: number;
}

/** A file as a store lists it. */
export interface StoreFile {
  readonly id: string;
  /** When it was attached, not when it was uploaded; null where the provider does not tell. */
  readonly attachedAtMs: number | null;
}

export interface NewStore {
  readonly name: string;
  readonly metadata: StoreMetadata;
  /** Days of inactivity until the provider drops it; `null` = never. */
  readonly expiresAfterDays: number | null;
}

/** Limits of one call. The deadline covers the whole call, the SDK's own retries included. */
export interface CallOptions {
  readonly deadlineMs: number;
  readonly signal?: AbortSignal | undefined;
  /** How long a deletion may wait for its turn within the account's limits, before its deadline begins to count. */
  readonly patienceMs?: number | undefined;
  /** The caller asks whether it exists at all: a 404 is then no sign that something is wrong with the account. */
  readonly mayBeMissing?: boolean | undefined;
}

/** Limits of a whole listing, and of each of its pages where that is to be less. */
export interface ListingLimits extends CallOptions {
  readonly pageDeadlineMs?: number;
}

/** Options of a listing that may go on where an earlier one ended. */
export interface ListingOptions extends ListingLimits {
  /** Last id that was seen; absent = from the beginning. */
  readonly after?: string | undefined;
}

export interface FindByLease {
  readonly instanceId: string;
  readonly leaseId: string;
  /** Stores older than this (epoch ms) are not looked at: the listing is newest first. `null` = a full listing. */
  readonly createdSinceMs: number | null;
}

/**
 * One provider account. Every method throws {@link ProviderFailure} and nothing else (but for programming
 * errors), and ends within its deadline. `createStore` sends at most one POST.
 */
export interface StoreProvider {
  readonly account: Account;
  /** False: files only; the calls about stores are `refused`. */
  readonly offersStores: boolean;
  createStore(store: NewStore, options: CallOptions): Promise<ProviderStore>;
  /** Every store that carries the lease's tag. A listing that loops or lies about paging is `unavailable`. */
  findStoresByLease(query: FindByLease, options: CallOptions): Promise<readonly ProviderStore[]>;
  retrieveStore(storeId: string, options: CallOptions): Promise<ProviderStore>;
  /** Sets (`days`) or clears (`null`) the provider's own expiry. */
  setStoreExpiry(
    storeId: string,
    expiresAfterDays: number | null,
    options: CallOptions,
  ): Promise<ProviderStore>;
  /** Page by page, newest first, with a guard against a repeated cursor. */
  listStores(options: ListingLimits): AsyncIterable<readonly ProviderStore[]>;
  /** Resolves when the provider said `deleted`; a 404 is a failure of kind `gone`, the caller decides. */
  deleteStore(storeId: string, options: CallOptions): Promise<void>;
  /** As {@link deleteStore}, for a file. */
  deleteFile(fileId: string, options: CallOptions): Promise<void>;
  /** Page by page, oldest first, so that what is attached meanwhile comes last. `gone`: there is no such store. */
  listStoreFiles(storeId: string, options: ListingOptions): AsyncIterable<readonly StoreFile[]>;
  /** Every file of the account, page by page, with the same guard as {@link listStores}. */
  listFiles(options: ListingLimits): AsyncIterable<readonly ProviderFile[]>;
  /** A provider that cannot be asked for one file lists them: one that is not there is then denied, not `gone`. */
  retrieveFile(fileId: string, options: CallOptions): Promise<ProviderFile>;
  /**
   * Sends at most one POST. `full`: the account holds as many files, or bytes, as the provider allows. Where the file
   * on disk cannot be read, or has another size, a plain error is thrown and nothing was sent.
   */
  uploadFile(file: NewFile, options: CallOptions): Promise<ProviderFile>;
  /**
   * Resolves when the provider has taken the file for the store; its processing goes on. `full`: the store is full. A
   * failure's `reason` tells what is wrong with the store or the file, as far as the answer does.
   */
  attachFile(storeId: string, fileId: string, options: CallOptions): Promise<void>;
  /** The bytes of the file, chunk by chunk. `refused` where the provider does not give back files of that purpose. */
  fileContent(fileId: string, options: ContentOptions): AsyncIterable<Uint8Array>;
}
