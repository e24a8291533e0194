/**
 * What the room offers to `api/` (the calls of an MCP server and of an operator) and to `activities/` (the
 * same leases, seen by the session workflow). Errors are `ServiceError` unless said otherwise.
 */
import type {
  Command,
  DrainOutcome,
  SessionView,
  SweepReport,
  SweepRun,
  SweepWish,
} from '../activities/contract.ts';
import type { PassContext } from '../deletion/pass-context.ts';
import type { StrayStore } from '../ledger/queries/list-strays.ts';
import type { Places } from '../domain/capacity.ts';
import type { Abandoned, Lease, LeaseState } from '../domain/lease.ts';
import type { ListedKind } from '../domain/listed-store.ts';
import type { ProviderName } from '../domain/providers.ts';
import type { DeletionReason } from '../domain/upload.ts';
import type { KeptFile } from '../domain/attached-files.ts';

/** A live lease after a call that renewed it. */
export interface Held {
  readonly leaseId: string;
  /** Whole seconds left, at most one lease; null for a protected lease. */
  readonly secondsLeft: number | null;
}

export interface AcquireRequest {
  readonly sessionId: string;
  readonly protect: boolean;
  readonly requestId: string;
}
export interface Acquired extends Held {
  readonly vectorStoreId: string;
  readonly reused: boolean;
  /** Ids posted as a bare list, in the order of first tracking. */
  readonly files: readonly string[];
  readonly filePaths: readonly string[];
}

export interface RenewRequest {
  readonly sessionId: string;
  /** `X-Lease-Id`, where the caller sent one: another live lease is `LEASE_REPLACED`. */
  readonly leaseId: string | null;
  readonly requestId: string;
}
export interface TrackRequest extends RenewRequest {
  readonly fileIds: readonly string[];
  readonly filePaths: readonly string[];
}
export interface Tracked extends Held {
  /** How many entries were new. */
  readonly tracked: number;
}

export interface RegisterRequest {
  readonly sessionId: string;
  readonly vectorStoreId: string;
  readonly protect: boolean;
  readonly requestId: string;
}
export type Registered =
  | { readonly status: 'registered' }
  | { readonly status: 'already_registered'; readonly existingStoreId: string };

export interface ReleaseRequest extends RenewRequest {
  readonly force: boolean;
}

export interface ForceRequest {
  readonly sessionId: string;
  readonly by: string;
  readonly reason: string;
  readonly requestId: string;
}
/** What an operator's force gave up of one lease. */
export interface GivenUp {
  readonly leaseId: string;
  readonly storeIds: readonly string[];
  readonly fileIds: readonly string[];
  /** A store may exist whose id was never learned; a sweep that meets it deletes it. */
  readonly uncertain: boolean;
}

export interface LeaseDetail extends Lease {
  readonly files: readonly string[];
  readonly filePaths: readonly string[];
  /** Provider file ids proven deleted. */
  readonly deletedFiles: readonly string[];
  /** Files that were attached to its store, never tracked, and left alone. */
  readonly keptFiles: readonly KeptFile[];
  /** What was given up of this lease and of the session's earlier ones, and is not proven gone. */
  readonly abandoned: readonly Abandoned[];
}

export interface ListRequest {
  readonly state: LeaseState | null;
  readonly stuck: boolean | null;
  /** Only leases of which something was given up, or only the others. */
  readonly abandoned: boolean | null;
  /** As `nextCursor` of the page before; an unreadable one is `REQUEST_INVALID`. */
  readonly cursor: string | null;
  readonly limit: number;
}
export interface LeasePage {
  readonly leases: readonly Lease[];
  readonly nextCursor: string | null;
}

/** A provider account and what holds the places for vector stores in it. */
export interface AccountCapacity extends Places {
  readonly accountId: number;
  readonly provider: string;
  readonly baseUrl: string;
  /** Null = no limit. */
  readonly limit: number | null;
  /** Whether foreign stores are in `used`. */
  readonly countForeign: boolean;
  readonly used: number;
  readonly free: number | null;
  /** The earliest deadline of a lease in use. */
  readonly nextDeadlineMs: number | null;
  /** Bytes of all stores of the last valid listing, foreign ones included. */
  readonly usageBytes: number;
  /** When that listing was made; null before the first. */
  readonly listedAtMs: number | null;
  /** How many leases in use fall due within a time, unless they are renewed; the times ascend. */
  readonly forecast: readonly { readonly withinSeconds: number; readonly leases: number }[];
}

export type { SweepReport } from '../activities/contract.ts';
export type { StrayStore } from '../ledger/queries/list-strays.ts';

export interface OrphansRequest {
  /** Null = all that no lease looks after. */
  readonly kind: ListedKind | null;
  /** As `nextCursor` of the page before; an unreadable one is `REQUEST_INVALID`. */
  readonly cursor: string | null;
  readonly limit: number;
}
export interface OrphanPage {
  /** The last sweep that ended, valid or not. */
  readonly lastRun: SweepReport | null;
  /** Of all stores of the last valid listing. */
  readonly counts: Readonly<Partial<Record<ListedKind, number>>>;
  readonly stores: readonly StrayStore[];
  readonly nextCursor: string | null;
}
export interface SweepState {
  /** When the last valid sweep ended, in epoch milliseconds; null before the first. */
  readonly lastSuccessMs: number | null;
  readonly listed: Readonly<Partial<Record<ListedKind, number>>>;
}

/** For `api/`. */
export interface Leases {
  acquire(request: AcquireRequest): Promise<Acquired>;
  renew(request: RenewRequest): Promise<Held>;
  track(request: TrackRequest): Promise<Tracked>;
  register(request: RegisterRequest): Promise<Registered>;
  release(request: ReleaseRequest): Promise<void>;
  /** Gives up what is stuck; `NOT_STUCK` where nothing is. */
  force(request: ForceRequest): Promise<readonly GivenUp[]>;
  /** Protect or unprotect the live lease; `SESSION_NOT_FOUND` where there is none. */
  setProtected(sessionId: string, protect: boolean): Promise<LeaseDetail>;
  /** The live lease, else the newest. */
  get(sessionId: string): Promise<LeaseDetail>;
  list(request: ListRequest): Promise<LeasePage>;
  /** Every account in use, that of this process among them. */
  capacity(): Promise<readonly AccountCapacity[]>;
  /** What the last valid sweep found that no lease looks after. */
  orphans(request: OrphansRequest): Promise<OrphanPage>;
  sweepState(): Promise<SweepState>;
  /** Ends every due lease; resolves with how many of them are proven gone after at most `waitMs`. */
  cleanup(waitMs: number): Promise<number>;
  /** Ends every lease; registered stores are let go unless `registered`. Waits as `cleanup` does. */
  nuke(registered: boolean, waitMs: number): Promise<{ sessions: number; stores: number }>;
  /** Waits for creates that are under way; used at shutdown. */
  settle(waitMs: number): Promise<void>;
}

export type { PassContext } from '../deletion/pass-context.ts';

/** Told of uploaded files that a drain has proven gone; implemented in `telemetry/`, with the files' own meter. */
export interface UploadMeter {
  deleted(provider: ProviderName, reason: DeletionReason): void;
}

/** For `activities/`. Failures of the provider are recorded in the ledger, not thrown. */
export interface LeaseKeeper {
  /** Throws `INSTANCE_MISMATCH` when the session belongs to another installation. */
  reconcile(sessionId: string, instanceId: string): Promise<SessionView>;
  applyCommand(sessionId: string, command: Command): Promise<void>;
  settleClaim(leaseId: string, context: PassContext): Promise<void>;
  syncStoreExpiry(leaseId: string, context: PassContext): Promise<void>;
  deleteFiles(leaseId: string, context: PassContext): Promise<DrainOutcome>;
  deleteStore(leaseId: string, context: PassContext): Promise<DrainOutcome>;
  pruneHistory(): Promise<number>;
}

/** The steps of a sweep, for `activities/`. What a provider does wrong makes a run invalid, and is not thrown. */
export interface SweepKeeper {
  beginSweep(wish: SweepWish): Promise<SweepRun | null>;
  listStores(run: SweepRun, context: PassContext): Promise<{ readonly valid: boolean }>;
  tendStores(run: SweepRun, context: PassContext): Promise<void>;
  deleteStrays(run: SweepRun, context: PassContext): Promise<void>;
  finishSweep(run: SweepRun): Promise<SweepReport>;
}

/** How the room reaches Temporal: tells a session's workflow to look at the ledger. Never throws, never waits. */
export interface SessionNotifier {
  changed(sessionId: string): void;
}

/** What the room tells the metrics; implemented in `telemetry/`. Durations in milliseconds. */
export interface LeaseMeter {
  acquired(outcome: 'new' | 'reused' | 'refused' | 'failed'): void;
  renewed(written: boolean): void;
  /** An acquire that was answered 429, by our own limit or the provider's. */
  capacityRefused(): void;
  /** Deadline to the flip to draining. */
  lateToDraining(ms: number): void;
  /** Deadline (or release) to proven gone, and how long the drain took. */
  gone(lateMs: number | null, drainMs: number): void;
  drainFailed(reason: string): void;
  swept(outcome: 'valid' | 'invalid'): void;
  /** A store that nobody held was deleted by a sweep. */
  strayDeleted(reason: string): void;
  /** A live lease ended because its store was gone at the provider. */
  storeLost(): void;
  /** What became of a provider's own expiry that came near. */
  expiryKept(outcome: 'pushed' | 'cleared' | 'failed'): void;
}
