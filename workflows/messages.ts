/**
 * The public face of the workflows: names, inputs, signals, queries. Everything that talks to a workflow
 * imports this file and no implementation.
 */
import { defineQuery, defineSignal } from '@temporalio/workflow';
import type { MaintenanceJob } from '../domain/jobs.ts';

export const SESSION_WORKFLOW = 'session';
export const PRUNE_WORKFLOW = 'pruneHistory';
/** Id of the schedule that runs it. */
export const PRUNE_SCHEDULE = 'prune-history';
/** When it does, as people read it; `ensure-schedules.ts` says it to Temporal. */
export const PRUNE_TIME = '17 3 * * * (UTC)';
export const SWEEP_WORKFLOW = 'sweep';
export const SWEEP_SCHEDULE = 'sweep';
/** Id of a sweep that somebody asked for; one at a time. */
export const MANUAL_SWEEP = 'sweep-manual';

export const FILE_RUN_WORKFLOW = 'fileRun';
/** Id of the schedule that runs retention. */
export const FILES_SCHEDULE = 'files-retention';
/** Ids of the runs that somebody asked for, by their kind; one of each at a time. */
export const MANUAL_FILE_RUNS = {
  retention: 'files-cleanup',
  orphans: 'files-orphans-cleanup',
} as const;
export const FILE_UPKEEP_WORKFLOW = 'fileUpkeep';
/** Id of the one run that looks after files that are to be deleted. */
export const FILE_UPKEEP = 'files-upkeep';

/** Workflow types of the jobs on directories and databases, by job. */
export const JOB_WORKFLOWS = {
  'results-cleanup': 'resultsCleanup',
  'aged-files-cleanup': 'agedFilesCleanup',
  'conversations-cleanup': 'conversationsCleanup',
  backups: 'backups',
} as const satisfies Record<MaintenanceJob, string>;

/** Of a job; a dry run unless it says otherwise. */
export interface JobInput {
  readonly dryRun?: boolean;
  /** Conversations only. */
  readonly retentionDays?: number;
  /** Results only: somebody wants to be told of the run. */
  readonly report?: boolean;
  /** Task queue of the workers that have the disk. */
  readonly taskQueue?: string;
}

/** Of backups, which count as asked for unless it says otherwise. */
export interface BackupsInput {
  readonly manual?: boolean;
  readonly taskQueue?: string;
}

/** How often what is scheduled is to run. */
export interface SchedulePeriods {
  readonly sweepIntervalSeconds: number;
  readonly filesIntervalHours: number;
}

/** All our schedules, and how often each is to run. Where none of them is there, Temporal has lost its memory. */
export function schedulePeriods(
  periods: SchedulePeriods,
): readonly { readonly id: string; readonly everySeconds: number }[] {
  return [
    { id: PRUNE_SCHEDULE, everySeconds: 86_400 },
    { id: SWEEP_SCHEDULE, everySeconds: periods.sweepIntervalSeconds },
    { id: FILES_SCHEDULE, everySeconds: periods.filesIntervalHours * 3_600 },
  ];
}

/** A dry run over everything unless it says otherwise. */
export interface FileRunInput {
  readonly kind?: 'retention' | 'orphans';
  readonly dryRun?: boolean;
}

/** Sent by the api and the workers' poll to the upkeep of files: there is something to do. */
export const dueSignal = defineSignal('due');

/** A dry run unless `dry_run` is false. */
export interface SweepInput {
  readonly dry_run?: boolean;
}

/** Input of a session workflow; plain JSON, carried over by continue-as-new as it is. */
export interface SessionInput {
  readonly sessionId: string;
  readonly instanceId: string;
  /** False where the cluster had not got our search attributes: the workflow sets none until a look finds them. */
  readonly searchAttributes: boolean;
}

/** `renew`: nothing, a number of seconds, or this object. Never shortens, at most one full lease. */
export interface RenewSignal {
  readonly seconds?: number;
  readonly lease_id?: string;
}

/** `track`: a bare list of file ids, or this object. */
export interface TrackSignal {
  readonly file_ids?: readonly string[];
  readonly file_paths?: readonly string[];
  readonly lease_id?: string;
}

/** `release`: nothing, or this object. Leaves a protected lease alone. */
export interface ReleaseSignal {
  readonly lease_id?: string;
}

export const renewSignal = defineSignal<[(RenewSignal | number | null)?]>('renew');
export const trackSignal = defineSignal<[(TrackSignal | readonly string[] | null)?]>('track');
export const releaseSignal = defineSignal<[(ReleaseSignal | null)?]>('release');
/** Sent by the api and the outbox: look at the ledger now. */
export const changedSignal = defineSignal('changed');

/** What the query `lease` shows: the workflow's last look at the ledger. */
export interface LeaseAnswer {
  readonly session_id: string;
  readonly lease_id: string | null;
  readonly state: string;
  readonly vector_store_id: string | null;
  readonly protected: boolean;
  /** At least until then: HTTP renewals move the ledger's deadline without telling the workflow. */
  readonly expires_at_least: string | null;
  readonly draining: readonly DrainAnswer[];
  readonly looked_at: string;
}

export interface DrainAnswer {
  readonly lease_id: string;
  readonly vector_store_id: string | null;
  readonly stuck: boolean;
  readonly attempts: number;
  readonly last_error: string | null;
  readonly next_try_at: string | null;
  /** What it waits for although nothing failed. */
  readonly waits_for: string | null;
}

export const leaseQuery = defineQuery<LeaseAnswer>('lease');
