/**
 * What the room offers to `api/` (uploads, and what became of them) and to `activities/` (the life after an
 * upload). Errors are `ServiceError` unless said otherwise.
 */
import type {
  FileRunProgress,
  FileRunReport,
  MarkedFiles,
  RetentionWish,
  UpkeepOutcome,
} from '../activities/contract.ts';
import type { PassContext } from '../deletion/pass-context.ts';
import type { ProviderName } from '../domain/providers.ts';
import type { DeletionReason, UploadStatus } from '../domain/upload.ts';
import type { UploadView } from '../ledger/upload-row.ts';

export type { FileRunReport, RetentionWish } from '../activities/contract.ts';

/** The bytes of an upload, received and hashed. Whoever made it removes it. */
export interface Spooled {
  readonly path: string;
  readonly sizeBytes: number;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

export interface UploadRequest {
  readonly file: Spooled;
  readonly filename: string;
  readonly mimeType: string;
  /** Null = the provider's own default. */
  readonly purpose: string | null;
  /** Null = the service chooses. Any other name than a configured provider's is `PROVIDER_UNKNOWN`. */
  readonly provider: string | null;
  readonly userId: string;
  /** The session whose store gets the file and whose lease tracks it; null = held by the upload until retention. */
  readonly sessionId: string | null;
  /** `X-Lease-Id`, where the caller sent one. */
  readonly leaseId: string | null;
  readonly requestId: string;
}

export interface Uploaded {
  readonly fileId: string;
  readonly provider: ProviderName;
  readonly filename: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  readonly mimeType: string;
  /** True where nothing was sent. */
  readonly deduplicated: boolean;
  /** From the end of the reception to the answer. */
  readonly durationMs: number;
  /** The session's lease, which this renewed; null without a session. */
  readonly lease: { readonly leaseId: string; readonly secondsLeft: number | null } | null;
}

export type { UploadView } from '../ledger/upload-row.ts';

export interface ListFilesRequest {
  readonly status: UploadStatus | null;
  readonly provider: ProviderName | null;
  readonly stuck: boolean | null;
  /** As `nextCursor` of the page before; an unreadable one is `REQUEST_INVALID`. */
  readonly cursor: string | null;
  readonly limit: number;
}
export interface FilePage {
  readonly uploads: readonly UploadView[];
  readonly nextCursor: string | null;
}

export interface FileRef {
  /** The provider's id of the file. */
  readonly fileId: string;
  /** Null = whichever has it; `FILE_ID_AMBIGUOUS` where several do. */
  readonly provider: ProviderName | null;
}
/** A file with everybody who holds it, or has. */
export interface FileDetail {
  readonly fileId: string;
  readonly provider: string;
  /** The newest thousand, newest first. */
  readonly uploads: readonly UploadView[];
  /** Live leases that track it, at most a thousand. */
  readonly leaseIds: readonly string[];
}
/** What became of a user's hold: `deleting` where nobody else held the file. */
export interface Dropped {
  readonly status: 'deleting';
}

export interface ProviderFileStats {
  readonly provider: ProviderName;
  /** Files that somebody's upload holds, and their bytes. */
  readonly liveFiles: number;
  readonly liveBytes: number;
  /** Uploads ever recorded as completed, hits not counted. */
  readonly uploads: number;
  readonly dedupeHits: number;
  readonly bytesSaved: number;
  readonly failed: number;
  /** Files marked for deletion and not proven gone; those that are stuck left out. */
  readonly deleting: number;
  /** Files whose deletion keeps failing, and uploads that only a person can settle. */
  readonly stuck: number;
}

/** For `api/`. */
export interface Files {
  /** Throws `FILENAME_INVALID` or `EXTENSION_NOT_ALLOWED`. */
  checkName(filename: string): void;
  /** Bytes of the largest file that any configured provider takes. */
  largestBytes(): number;
  /** Answers within `UPLOAD_TIMEOUT` and a few seconds. */
  upload(request: UploadRequest): Promise<Uploaded>;
  list(request: ListFilesRequest): Promise<FilePage>;
  /** Throws `FILE_NOT_FOUND`. */
  get(ref: FileRef): Promise<FileDetail>;
  /** Ends the user's hold. Throws `FILE_NOT_FOUND`, and `FILE_IN_USE` where others hold it on. */
  drop(ref: FileRef & { readonly userId: string; readonly requestId: string }): Promise<Dropped>;
  stats(): Promise<readonly ProviderFileStats[]>;
  /** Waits for uploads that are under way; used at shutdown. */
  settle(waitMs: number): Promise<void>;
}

/** For `activities/`. Failures of the provider are recorded in the ledger, not thrown. */
export interface FileKeeper {
  /** Lets go of all uploads that are due, and marks the files that nobody holds any longer; in a dry run only counts. */
  markFiles(wish: RetentionWish, context: PassContext): Promise<MarkedFiles>;
  /**
   * One pass: settles uploads that nobody ended, then deletes what is marked and due, with proof. `waitMs`: until the
   * next pass has something to do; null = nothing is left.
   */
  upkeep(context: PassContext): Promise<UpkeepOutcome>;
  /** How far the deletion has come of what was let go of since. */
  runProgress(marked: MarkedFiles): Promise<FileRunProgress>;
  /** Records that the run has ended, unless it was a dry one, and tells of it. */
  finishRun(wish: RetentionWish, report: FileRunReport): Promise<void>;
  /** Milliseconds until upkeep has something to do: 0 = now; null = nothing. For the poll of every worker. */
  upkeepDueMs(): Promise<number | null>;
  /** Forgets uploads let go of, and proven gone, for longer than the audit retention; returns how many. */
  pruneUploads(): Promise<number>;
}

/** How the room reaches Temporal: has the upkeep workflow look at the ledger. Never throws, never waits. */
export interface FileNotifier {
  due(): void;
}

/** What the room tells the metrics; implemented in `telemetry/`. Durations in milliseconds. */
export interface FileMeter {
  /** One call to upload; `none` where it failed before a provider was chosen. */
  attempted(provider: ProviderName | 'none', userId: string): void;
  /** Counts an upload under way, from the first byte received; the returned function, called once, takes it out. */
  began(): () => void;
  uploaded(provider: ProviderName, status: 'success' | 'failed' | 'deduplicated', bytes: number): void;
  took(provider: ProviderName, ms: number): void;
  deduplicated(): void;
  breakerTripped(provider: ProviderName): void;
  /** Proven gone at the provider. */
  deleted(provider: ProviderName, reason: DeletionReason): void;
  /** A request that was turned down before anything was sent; `reason` is the code of the error. */
  refused(reason: string): void;
}
