/**
 * What the room offers to `api/` (the calls of an MCP server and of an operator) and to `activities/` (the
 * same leases, seen by the session workflow). Errors are `ServiceError` unless said otherwise.
 */
import type { Command, DrainOutcome, SessionView } from '../activities/contract.ts';
import type { Lease, LeaseState } from '../domain/lease.ts';

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

export interface LeaseDetail extends Lease {
  readonly files: readonly string[];
  readonly filePaths: readonly string[];
  /** Provider file ids proven deleted. */
  readonly deletedFiles: readonly string[];
}

export interface ListRequest {
  readonly state: LeaseState | null;
  readonly stuck: boolean | null;
  /** As `nextCursor` of the page before; an unreadable one is `REQUEST_INVALID`. */
  readonly cursor: string | null;
  readonly limit: number;
}
export interface LeasePage {
  readonly leases: readonly Lease[];
  readonly nextCursor: string | null;
}

/** For `api/`. */
export interface Leases {
  acquire(request: AcquireRequest): Promise<Acquired>;
  renew(request: RenewRequest): Promise<Held>;
  track(request: TrackRequest): Promise<Tracked>;
  register(request: RegisterRequest): Promise<Registered>;
  release(request: ReleaseRequest): Promise<void>;
  /** Protect or unprotect the live lease; `SESSION_NOT_FOUND` where there is none. */
  setProtected(sessionId: string, protect: boolean): Promise<LeaseDetail>;
  /** The live lease, else the newest. */
  get(sessionId: string): Promise<LeaseDetail>;
  list(request: ListRequest): Promise<LeasePage>;
  /** Ends every due lease; resolves with how many of them are proven gone after at most `waitMs`. */
  cleanup(waitMs: number): Promise<number>;
  /** Ends every lease; registered stores are let go unless `registered`. Waits as `cleanup` does. */
  nuke(registered: boolean, waitMs: number): Promise<{ sessions: number; stores: number }>;
  /** Waits for creates that are under way; used at shutdown. */
  settle(waitMs: number): Promise<void>;
}

/** What an activity lends to a pass: a pulse, and the wish to stop. */
export interface PassContext {
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
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

/** How the room reaches Temporal: tells a session's workflow to look at the ledger. Never throws, never waits. */
export interface SessionNotifier {
  changed(sessionId: string): void;
}

/** What the room tells the metrics; implemented in `telemetry/`. Durations in milliseconds. */
export interface LeaseMeter {
  acquired(outcome: 'new' | 'reused' | 'refused' | 'failed'): void;
  renewed(written: boolean): void;
  /** Deadline to the flip to draining. */
  lateToDraining(ms: number): void;
  /** Deadline (or release) to proven gone, and how long the drain took. */
  gone(lateMs: number | null, drainMs: number): void;
  drainFailed(reason: string): void;
}
