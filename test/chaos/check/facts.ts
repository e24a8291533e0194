/** What a history says between its lines: which lease holds what, what was promised, what may have ended it. */
import type { ProviderRecord } from '../history/contract.ts';
import type { Call, History } from '../history/read.ts';
import { trackedBy, uploadedFile } from './tracked.ts';

/** The database's clock and the history's may be apart by so much, and a journal's times are whole milliseconds. */
export const TOLERANCE_MS = 25;

/** An answer of success that somebody may rely on: this lease lasts at least until then, come what may. */
export interface Promised {
  readonly call: Call;
  readonly session: string;
  readonly leaseId: string;
  readonly store: string | null;
  /** Infinity for a protected lease that nobody tried to unprotect. */
  readonly until: number;
  /** Only force ends it: it was protected, and stayed so until `until` less one lease. */
  readonly endless: boolean;
}

/** A file that an upload was answered with, and which that upload holds: only a drop of its user ends that. */
export interface Upheld {
  readonly call: Call;
  readonly user: string;
  readonly file: string;
  /** The first moment at which a drop may have ended it; Infinity where none can have. */
  readonly until: number;
}

export interface Facts {
  readonly history: History;
  readonly promises: readonly Promised[];
  promisesOf(leaseId: string): readonly Promised[];
  /** Uploads that hold their file by themselves. */
  readonly upheld: readonly Upheld[];
  upheldOf(file: string): readonly Upheld[];
  /** Leases that answered a track, or an upload, of this file with success. */
  holdersOf(file: string): readonly string[];
  /** The lease that holds, or held, this store. */
  leaseOfStore(store: string): string | undefined;
  /** Whether it is the store that callers of the lease are told; an uncertain create may have made others. */
  isHandedOut(store: string, leaseId: string): boolean;
  sessionOf(leaseId: string): string | undefined;
  /** Stores the service made, with the call that did. */
  readonly created: readonly (ProviderRecord & { readonly target: string; readonly lease: string })[];
  /** When somebody took the store away behind everybody's back; Infinity where nobody did. */
  vanishedAt(store: string): number;
  /** The first moment at which a release, or the loss of its store, may have ended the promised lease; Infinity where none can have. */
  mayEndAt(promised: Promised): number;
}

const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function storeAnswered(call: Call): string | null {
  const { body } = call.answer;
  if (call.verb === 'register') {
    return body['status'] === 'registered' ? (call.store ?? null) : text(body['existing_store_id']);
  }
  return text(body['vector_store_id']);
}

function createdStores(history: History): Facts['created'] {
  return history.provider.flatMap((entry) => {
    const { target, lease } = entry;
    if (entry.operation !== 'create_store' || entry.effect !== 'created') return [];
    return target === null || lease === null ? [] : [{ ...entry, target, lease }];
  });
}

function storeMap(history: History, created: Facts['created']): Map<string, string> {
  const map = new Map<string, string>();
  for (const { target, lease } of created) map.set(target, lease);
  for (const lease of history.leases) {
    for (const store of lease.stores) map.set(store, lease.leaseId);
    if (lease.store !== null) map.set(lease.store, lease.leaseId);
  }
  for (const { answer, verb } of history.calls) {
    const store = text(answer.body['vector_store_id']);
    if (verb === 'acquire' && answer.leaseId !== null && store !== null) map.set(store, answer.leaseId);
  }
  return map;
}

const PROMISING: readonly string[] = [
  'acquire',
  'renew',
  'track',
  'upload',
  'register',
  'protect',
  'unprotect',
];

/** Whether the lease was protected when the call was answered. */
function isProtected({ verb, answer, protect }: Call): boolean {
  if (verb === 'protect') return true;
  if (verb === 'unprotect') return false;
  if (verb === 'register') return protect === true && answer.body['status'] === 'registered';
  return answer.leaseSeconds === null;
}

function promisedBy(call: Call, history: History, leaseOf: ReadonlyMap<string, string>): Promised[] {
  if (call.answer.outcome !== 'ok' || !PROMISING.includes(call.verb)) return [];
  const store = storeAnswered(call);
  const told = call.answer.leaseId ?? text(call.answer.body['lease_id']);
  const leaseId = told ?? (store === null ? undefined : leaseOf.get(store));
  if (leaseId === undefined) return [];
  const leaseMs = history.run.leaseSeconds * 1000;
  const endless = isProtected(call);
  const unprotects = history.calls.filter(
    (other) =>
      other.session === call.session &&
      other.verb === 'unprotect' &&
      other.answer.outcome !== 'fail' &&
      lastEffect(other) > call.begin,
  );
  const ends = unprotects.map((other) => Math.max(call.begin, other.begin) + leaseMs);
  const until = endless ? Math.min(Infinity, ...ends) : call.begin + leaseMs;
  return [{ call, session: call.session, leaseId, store, until, endless }];
}

/** Until when a call may take effect: a request that was never answered may lie somewhere. */
function lastEffect(call: Call): number {
  return call.answer.outcome === 'unknown' ? Infinity : call.end;
}

/** Whether that release may have ended the promised lease after the promise was given. */
function mayHit(release: Call, promised: Promised): boolean {
  if (release.verb !== 'release' || release.answer.outcome === 'fail') return false;
  if (release.fence !== null && release.fence !== promised.leaseId) return false;
  if (promised.until === Infinity && release.force !== true) return false;
  return lastEffect(release) > promised.call.begin;
}

/** Until a drop of the same user may have taken effect after the upload did. */
function upheldBy({ calls }: History): readonly Upheld[] {
  const drops = calls.filter(({ verb, answer }) => verb === 'drop' && answer.outcome !== 'fail');
  return calls.flatMap((call) => {
    const file = uploadedFile(call);
    const { upload } = call;
    if (file === null || upload === undefined || upload.inSession) return [];
    const { user } = upload;
    const own = drops.filter(({ drop }) => drop?.file === file && drop.user === user);
    const ends = own.filter((drop) => lastEffect(drop) > call.begin).map(({ begin }) => begin);
    return [{ call, user, file, until: Math.min(Infinity, ...ends) }];
  });
}

/** The stores are named after the plan of the trouble. */
function vanished(history: History): ReadonlyMap<string, number> {
  const gone = history.troubles.filter(({ kind, phase }) => kind === 'vanish' && phase === 'begin');
  return new Map(gone.flatMap(({ at, detail }) => detail.split(' ').map((id) => [id, at] as const)));
}

function group<T>(items: readonly T[], key: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  return Map.groupBy(items, key);
}

/** Works the history through once for all invariants. */
export function factsOf(history: History): Facts {
  const created = createdStores(history);
  const leaseOf = storeMap(history, created);
  const promises = history.calls.flatMap((call) => promisedBy(call, history, leaseOf));
  const byLease = group(promises, ({ leaseId }) => leaseId);
  const bySession = group(history.calls, ({ session }) => session);
  const sessions = new Map(history.leases.map(({ leaseId, session }) => [leaseId, session]));
  for (const { leaseId, session } of promises) sessions.set(leaseId, session);
  const tracks = history.calls.filter((call) => trackedBy(call).length > 0);
  const upheld = upheldBy(history);
  const byFile = group(upheld, ({ file }) => file);
  const gone = vanished(history);
  const lost = new Map([...gone].map(([store, at]) => [leaseOf.get(store), at]));
  const lostAt = (leaseId: string): number => lost.get(leaseId) ?? Infinity;
  return {
    history,
    promises,
    created,
    upheld,
    upheldOf: (file) => byFile.get(file) ?? [],
    promisesOf: (leaseId) => byLease.get(leaseId) ?? [],
    holdersOf: (file) => [
      ...new Set(
        tracks.filter((call) => trackedBy(call).includes(file)).flatMap(({ answer }) => answer.leaseId ?? []),
      ),
    ],
    leaseOfStore: (store) => leaseOf.get(store),
    isHandedOut: (store, leaseId) =>
      history.leases.some((lease) => lease.leaseId === leaseId && lease.store === store) ||
      (byLease.get(leaseId) ?? []).some((promised) => promised.store === store),
    sessionOf: (leaseId) => sessions.get(leaseId),
    vanishedAt: (store) => gone.get(store) ?? Infinity,
    mayEndAt: (promised) =>
      (bySession.get(promised.session) ?? [])
        .filter((call) => mayHit(call, promised))
        .reduce((first, { begin }) => Math.min(first, begin), lostAt(promised.leaseId)),
  };
}
