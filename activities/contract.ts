/**
 * The activities as the workflows see them. Types only, plain JSON, nothing of Node: `workflows/` may import
 * this file and no other of this room.
 */
import type { LeaseState } from '../domain/lease.ts';

/** The lease that is provisioning or active, as the workflow needs it. */
export interface LiveView {
  readonly leaseId: string;
  readonly state: Extract<LeaseState, 'provisioning' | 'active'>;
  readonly vectorStoreId: string | null;
  readonly protected: boolean;
  /** ISO 8601; null while provisioning and for a protected lease. */
  readonly expiresAt: string | null;
  /** Milliseconds until the workflow has to look again: deadline or end of the claim; null = no deadline. */
  readonly leftMs: number | null;
  /** True when the claim has run out and somebody has to settle it. */
  readonly claimAbandoned: boolean;
  /** True when the provider's own expiry has to be set or cleared (protect, unprotect). */
  readonly expiryOutOfDate: boolean;
}

/** A lease whose resources are being deleted. */
export interface DrainView {
  readonly leaseId: string;
  readonly vectorStoreId: string | null;
  /** Provider files not yet proven gone, those spared for other leases excluded. */
  readonly hasFiles: boolean;
  readonly stuck: boolean;
  readonly attempts: number;
  readonly lastError: string | null;
  readonly nextTryAt: string | null;
  /** What it waits for although nothing failed; absent in histories from before it was told. */
  readonly waitsFor?: string | null;
  /** Milliseconds until the next try is due; 0 = now. */
  readonly waitMs: number;
}

export interface SessionView {
  readonly live: LiveView | null;
  readonly draining: readonly DrainView[];
  /** True where the worker has seen that Temporal has our search attributes; it may not have had them at the start. */
  readonly searchAttributes?: boolean;
}

export interface SessionRef {
  readonly sessionId: string;
  readonly instanceId: string;
}

/** An operator's wish that came as a signal, bound to the lease it was meant for. */
export type Command =
  | { readonly kind: 'renew'; readonly leaseId: string; readonly seconds: number | null }
  | {
      readonly kind: 'track';
      readonly leaseId: string;
      readonly fileIds: readonly string[];
      readonly filePaths: readonly string[];
    }
  | { readonly kind: 'release'; readonly leaseId: string; readonly reason: 'released' | 'cancelled' };

export interface DrainRef {
  readonly leaseId: string;
  readonly sessionId: string;
}

/** What one pass over a draining lease achieved. */
export interface DrainOutcome {
  /** Store: everything is proven gone and the lease is closed. Files: none is left to this lease. */
  readonly closed: boolean;
  /** Milliseconds until the next pass; 0 = at once (there was more than one pass may take). */
  readonly waitMs: number;
}

/** Short ledger work, run as local activities beside the workflow. */
export interface LedgerActivities {
  /** Flips a due lease to draining, gives up a claim nobody settled, records what the workflow has seen. */
  reconcile(session: SessionRef): Promise<SessionView>;
  /** Carries out one command; a lease that is no longer live is left alone. Never throws for bad input. */
  applyCommand(session: SessionRef, command: Command): Promise<void>;
}

/** Calls to the provider that a live lease needs. */
export interface ProviderActivities {
  /** Takes over an abandoned claim: adopts the store that carries its tag, or creates one. */
  settleClaim(lease: DrainRef): Promise<void>;
  /** Brings the provider's own expiry in line with `protected`. */
  syncStoreExpiry(lease: DrainRef): Promise<void>;
}

/** Deletion; on a task queue of its own, so that it never delays a decision. */
export interface DrainActivities {
  /** One pass over the lease's files. A file that fails holds back nothing else. */
  deleteFiles(lease: DrainRef): Promise<DrainOutcome>;
  /** One try at the store; closes the lease when files and store are proven gone. */
  deleteStore(lease: DrainRef): Promise<DrainOutcome>;
}

/** Scheduled housekeeping. */
export interface MaintenanceActivities {
  /** Deletes closed leases and deleted uploads older than the audit retention; returns how many leases. */
  pruneHistory(): Promise<number>;
}

export interface SweepWish {
  /** Looks and counts, but deletes nothing, ends no lease and changes nothing at the provider. */
  readonly dryRun: boolean;
  /** Who runs it: the same holder, asking again, takes the place of a run it lost sight of. */
  readonly holder: string;
}

export interface SweepRun {
  readonly runId: string;
}

/** What a sweep did to a store or, in a dry run, would do. */
export interface SweepAction {
  readonly storeId: string;
  readonly leaseId: string | null;
  readonly action: 'delete' | 'end_lease' | 'push_expiry';
  readonly why: string;
}

/** Times are ISO 8601. */
export interface SweepReport {
  readonly runId: string;
  readonly dryRun: boolean;
  /** Whether the listing was believed; nothing is done on one that was not. */
  readonly valid: boolean;
  readonly invalidReason: string | null;
  readonly invalidDetail: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  /** Stores that the provider listed. */
  readonly listed: number;
  readonly counts: Readonly<Record<string, number>>;
  /** The first hundred of each kind. */
  readonly actions: readonly SweepAction[];
}

/** The steps of a sweep, in this order. */
export interface SweepActivities {
  /** Opens a run and looks for leases that nobody looks after; null while another run is under way. */
  beginSweep(wish: SweepWish): Promise<SweepRun | null>;
  listStores(run: SweepRun): Promise<{ readonly valid: boolean }>;
  tendStores(run: SweepRun): Promise<void>;
  deleteStrays(run: SweepRun): Promise<void>;
  finishSweep(run: SweepRun): Promise<SweepReport>;
}

/** What a run over the uploaded files is for: retention with everything else, or only what failed or got lost. */
export interface RetentionWish {
  readonly kind: 'retention' | 'orphans';
  /** Marks nothing and reports the same selection. */
  readonly dryRun: boolean;
}

/** The outcome of a run, for the workflow, the route, the log and the metrics alike. Names are as on the wire. */
export interface FileRunReport {
  /** Uploads let go of; in a dry run those that would be. */
  readonly files_marked: number;
  /** Files that nobody held any longer, proven gone at the provider while the run lasted. */
  readonly files_deleted: number;
  /** Of those files, each counted once; in a dry run, of those that nobody would hold any longer. */
  readonly bytes_freed: number;
  /** At most a hundred sentences; secrets blanked. */
  readonly errors: readonly string[];
  /** Seconds. */
  readonly duration: number;
}

/** What a run let go of or, in a dry run, would. */
export interface MarkedFiles {
  /** When the run began, by the clock of the ledger. */
  readonly startedAt: string;
  readonly uploads: number;
  /** Of the files that are to be deleted because of it, each counted once. */
  readonly bytes: number;
}

/** How far the deletion of what was let go of since a time has come, whoever deletes it. */
export interface FileRunProgress {
  readonly filesDeleted: number;
  readonly bytesFreed: number;
  /** Files that nobody has tried to delete yet. */
  readonly untried: number;
}

/** What one pass of the upkeep achieved. */
export interface UpkeepOutcome {
  readonly filesDeleted: number;
  readonly bytesFreed: number;
  /** At most a hundred sentences; secrets blanked. */
  readonly errors: readonly string[];
  /** Until the next pass has something to do; 0 = at once; null = nothing is left. */
  readonly waitMs: number | null;
}

/** The life of uploaded files, on the drains' task queue. */
export interface FileActivities {
  markFiles(wish: RetentionWish): Promise<MarkedFiles>;
  /** One pass: settles uploads that nobody ended, deletes what is marked and due. */
  upkeepFiles(): Promise<UpkeepOutcome>;
  fileRunProgress(marked: MarkedFiles): Promise<FileRunProgress>;
  /** Records that the run has ended, and tells of it. */
  finishFileRun(wish: RetentionWish, report: FileRunReport): Promise<void>;
}

export type Activities = LedgerActivities &
  ProviderActivities &
  DrainActivities &
  MaintenanceActivities &
  SweepActivities &
  FileActivities;
