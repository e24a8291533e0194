/** What is written down of one schedule, one JSON object a line. All times are milliseconds of one steady clock. */
import type { JournalEntry } from '../../../simulator/contract.ts';
import type { Content, Verb } from '../schedule/contract.ts';

/** The first line: what the checker has to know of the run. */
export interface RunRecord {
  readonly type: 'run';
  readonly at: number;
  readonly seed: number;
  readonly commit: string;
  readonly leaseSeconds: number;
  readonly acquireTimeoutSeconds: number;
  readonly uploadTimeoutSeconds: number;
  /** MAX_VECTOR_STORES. */
  readonly storeLimit: number;
  /** Ids that nobody ever gave to the service. */
  readonly foreign: { readonly stores: readonly string[]; readonly files: readonly string[] };
  /** Made beforehand, for the clients to register and to track. */
  readonly offered: { readonly stores: readonly string[]; readonly files: readonly string[] };
}

/** A request leaves its client. */
export interface InvokeRecord {
  readonly type: 'invoke';
  readonly at: number;
  readonly id: number;
  readonly client: string;
  readonly session: string;
  readonly verb: Exclude<Verb, 'attach'>;
  /** `X-Lease-Id` of the request. */
  readonly fence: string | null;
  readonly protect?: boolean;
  readonly force?: boolean;
  readonly store?: string;
  readonly files?: readonly string[];
  readonly paths?: readonly string[];
  readonly upload?: UploadAsked;
  readonly drop?: { readonly file: string; readonly user: string; readonly provider: string | null };
}

/** What a client uploads, and for whom. */
export interface UploadAsked {
  /** The seed that the content belongs to. */
  readonly seed: number;
  readonly content: Content;
  readonly filename: string;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly user: string;
  /** null = the service chooses. */
  readonly provider: string | null;
  /** For the session of the request; else the upload holds the file by itself. */
  readonly inSession: boolean;
}

/** `ok` 2xx; `fail` certainly without effect (4xx, never connected); `unknown` all else. */
export type Outcome = 'ok' | 'fail' | 'unknown';

export interface AnswerRecord {
  readonly type: 'answer';
  readonly at: number;
  readonly id: number;
  readonly outcome: Outcome;
  /** null where no answer came. */
  readonly status: number | null;
  readonly code: string | null;
  readonly leaseId: string | null;
  /** `X-Lease-Seconds`. */
  readonly leaseSeconds: number | null;
  readonly body: Readonly<Record<string, unknown>>;
  readonly error?: string;
}

/** A client puts a file into the store of its lease, at the provider. */
export interface AttachRecord {
  readonly type: 'attach';
  readonly at: number;
  readonly end: number;
  readonly id: number;
  readonly client: string;
  readonly session: string;
  readonly store: string;
  readonly files: readonly string[];
  readonly ok: boolean;
}

/** Something goes wrong on purpose, or is over. */
export interface TroubleRecord {
  readonly type: 'trouble';
  readonly at: number;
  readonly phase: 'begin' | 'end';
  readonly kind: string;
  /** Which of the schedule's troubles. */
  readonly number: number;
  /** Process concerned, where there is one. */
  readonly victim: string | null;
  readonly detail: string;
}

/** One call at the provider, from the simulator's journal, whose clock is ours. */
export interface ProviderRecord extends JournalEntry {
  readonly type: 'provider';
  readonly at: number;
}

/** A lease as the ledger tells it when everything is over. Its times are moved onto our clock. */
export interface LeaseRecord {
  readonly type: 'lease';
  readonly at: number;
  readonly leaseId: string;
  readonly session: string;
  readonly state: string;
  readonly store: string | null;
  readonly registered: boolean;
  readonly endReason: string | null;
  readonly stuck: boolean;
  readonly lastError: string | null;
  readonly createdAt: number;
  readonly endedAt: number | null;
  readonly closedAt: number | null;
  /** Ids of the files it tracked. */
  readonly files: readonly string[];
  /** Stores the ledger ever put under it. */
  readonly stores: readonly string[];
}

/** An upload as the ledger tells it when everything is over. */
export interface UploadRecord {
  readonly type: 'upload';
  readonly at: number;
  readonly uploadId: string;
  /** The provider's id of the file; null where none was ever told. */
  readonly file: string | null;
  readonly provider: string;
  readonly sha256: string;
  readonly filename: string;
  readonly user: string;
  readonly session: string | null;
  readonly plain: boolean;
  readonly status: string;
  /** The provider may have it although nobody said so. */
  readonly uncertain: boolean;
  /** Files of which one may be it, for a person to look at. */
  readonly candidates: readonly string[];
  readonly endReason: string | null;
  readonly deletedAt: number | null;
  /** When its file was proven gone. */
  readonly provenAt: number | null;
  /** The deletion of its file keeps failing. */
  readonly stuck: boolean;
  readonly lastError: string | null;
}

/** The last line: what is left at the provider, of what this schedule brought into being or offered. */
export interface LeftRecord {
  readonly type: 'left';
  readonly at: number;
  readonly stores: readonly string[];
  readonly files: readonly string[];
  /** Whether every lease was closed or stuck in time. */
  readonly drained: boolean;
  readonly drainMs: number;
}

export type HistoryRecord =
  | RunRecord
  | InvokeRecord
  | AnswerRecord
  | AttachRecord
  | TroubleRecord
  | ProviderRecord
  | LeaseRecord
  | UploadRecord
  | LeftRecord;
