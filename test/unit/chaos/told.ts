/** Histories by hand: a run of one session, to which each test adds what it is about. */
import { check } from '../../chaos/check/check.ts';
import { assemble, type History } from '../../chaos/history/read.ts';
import type {
  AnswerRecord,
  HistoryRecord,
  InvokeRecord,
  LeaseRecord,
  LeftRecord,
  ProviderRecord,
  TroubleRecord,
  UploadAsked,
  UploadRecord,
} from '../../chaos/history/contract.ts';

export const LEASE = 'lease-a';
export const STORE = 'vs_a';
export const FILE = 'file-1';
export const UPLOADED = 'file-up';
export const SHA = 'a'.repeat(64);

interface Told {
  readonly status?: number | null;
  readonly code?: string;
  readonly lease?: string | null;
  readonly seconds?: number | null;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly tookMs?: number;
  readonly asked?: Partial<InvokeRecord>;
}

let id = 0;

function outcomeOf(status: number | null): AnswerRecord['outcome'] {
  if (status === null || status >= 500) return 'unknown';
  return status < 300 ? 'ok' : 'fail';
}

/** A call of the session `s` that begins at `at` and is answered after 10 ms. */
export function call(at: number, verb: InvokeRecord['verb'], told: Told = {}): HistoryRecord[] {
  id += 1;
  const { status = verb === 'release' ? 202 : 200, lease = LEASE, seconds = 3, tookMs = 10 } = told;
  const invoke: InvokeRecord = {
    type: 'invoke',
    at,
    id,
    client: '0',
    session: 's',
    verb,
    fence: null,
    ...told.asked,
  };
  const namesLease = ['acquire', 'renew', 'track'].includes(verb) || told.asked?.upload?.inSession === true;
  const answer: AnswerRecord = {
    type: 'answer',
    at: at + tookMs,
    id,
    outcome: told.code === 'FILE_IN_USE' ? 'ok' : outcomeOf(status),
    status,
    code: told.code ?? null,
    leaseId: status === 200 && namesLease ? lease : null,
    leaseSeconds: status === 200 && (namesLease || told.asked?.upload === undefined) ? seconds : null,
    body: told.body ?? (verb === 'protect' || verb === 'unprotect' ? { lease_id: lease } : {}),
  };
  return [invoke, answer];
}

/** The first acquire, told of the store. */
export function acquire(at: number, told: Told = {}): HistoryRecord[] {
  const body = { vector_store_id: STORE, reused: false, files: [], file_paths: [] };
  return call(at, 'acquire', { body, ...told });
}

/** An upload of the content {@link SHA} to openai, by one user; answered with {@link UPLOADED}. */
export function upload(
  at: number,
  told: Told & { readonly file?: string; readonly for?: Partial<UploadAsked>; readonly hit?: boolean } = {},
): HistoryRecord[] {
  const { file = UPLOADED, for: asked, hit = false, ...rest } = told;
  const content = { kind: 'own', n: 1 } as const;
  const own = {
    seed: 1,
    content,
    filename: 'a.md',
    sha256: SHA,
    user: 'u',
    provider: null,
    inSession: false,
  };
  const body = { file_id: file, provider: 'openai', deduplicated: hit };
  return call(at, 'upload', { body, asked: { upload: { ...own, ...asked } }, ...rest });
}

export function drop(
  at: number,
  told: Told & { readonly user?: string; readonly file?: string } = {},
): HistoryRecord[] {
  const { user = 'u', file = UPLOADED, ...rest } = told;
  return call(at, 'drop', { asked: { drop: { file, user, provider: 'openai' } }, ...rest });
}

/** The provider takes the content, under that id. */
export function taken(at: number, target: string = UPLOADED): ProviderRecord {
  return provider(at, 'upload_file', { target, lease: null, effect: 'created', sha256: SHA });
}

/** The provider is asked to delete the uploaded file, and does. */
export function fileGone(at: number, more: Partial<ProviderRecord> = {}): ProviderRecord {
  return provider(at, 'delete_file', { target: UPLOADED, lease: null, ...more });
}

export function uploadRow(more: Partial<UploadRecord> = {}): UploadRecord {
  return {
    type: 'upload',
    at: 90_000,
    uploadId: 'upload-a',
    file: UPLOADED,
    provider: 'openai',
    sha256: SHA,
    filename: 'a.md',
    user: 'u',
    session: null,
    plain: true,
    status: 'deleted',
    uncertain: false,
    candidates: [],
    endReason: 'manual',
    deletedAt: 20_000,
    provenAt: 20_500,
    stuck: false,
    lastError: null,
    ...more,
  };
}

let seq = 0;

export function provider(
  at: number,
  operation: ProviderRecord['operation'],
  more: Partial<ProviderRecord> = {},
): ProviderRecord {
  seq += 1;
  const effects: Partial<Record<string, ProviderRecord['effect']>> = {
    create_store: 'created',
    delete_store: 'deleted',
    delete_file: 'deleted',
    update_store: 'updated',
  };
  return {
    type: 'provider',
    at,
    seq,
    at_ms: at,
    operation,
    method: 'POST',
    path: '',
    query: '',
    target: operation === 'delete_file' ? FILE : operation === 'list_stores' ? null : STORE,
    lease: operation === 'delete_file' ? null : LEASE,
    effect: effects[operation] ?? 'none',
    effect_seq: seq,
    effect_at_ms: at,
    status: 200,
    answered_at_ms: at + 2,
    fault: null,
    key: null,
    sha256: null,
    bytes: null,
    ...more,
  };
}

export function lease(more: Partial<LeaseRecord> = {}): LeaseRecord {
  return {
    type: 'lease',
    at: 90_000,
    leaseId: LEASE,
    session: 's',
    state: 'closed',
    store: STORE,
    registered: false,
    endReason: 'expired',
    stuck: false,
    lastError: null,
    createdAt: 1_000,
    endedAt: 20_000,
    closedAt: 20_500,
    files: [],
    stores: [STORE],
    ...more,
  };
}

export function trouble(at: number, kind: string, phase: TroubleRecord['phase'], number = 0): TroubleRecord {
  return { type: 'trouble', at, phase, kind, number, victim: kind.split(' ')[1] ?? null, detail: kind };
}

/** Life of a store between the two: made at 1000 and deleted, as the ledger says, at 20 400. */
export function lived(): HistoryRecord[] {
  return [provider(1_000, 'create_store'), provider(20_400, 'delete_store'), lease()];
}

export function history(records: readonly HistoryRecord[], left: Partial<LeftRecord> = {}): History {
  const foreign = { stores: ['vs_foreign'], files: ['file-foreign'] };
  return assemble([
    {
      type: 'run',
      at: 0,
      seed: 1,
      commit: 'none',
      leaseSeconds: 3,
      acquireTimeoutSeconds: 5,
      uploadTimeoutSeconds: 3,
      storeLimit: 2,
      foreign,
      offered: { stores: ['vs_offered'], files: [FILE, 'file-2'] },
    },
    ...records,
    {
      type: 'left',
      at: 100_000,
      stores: ['vs_foreign', 'vs_offered'],
      files: ['file-foreign', FILE, 'file-2'],
      drained: true,
      drainMs: 1_000,
      ...left,
    },
  ]);
}

/** Names of the invariants that the history breaks. */
export function broken(records: readonly HistoryRecord[], left: Partial<LeftRecord> = {}): string[] {
  return [...new Set(check(history(records, left)).map(({ invariant }) => invariant))];
}
