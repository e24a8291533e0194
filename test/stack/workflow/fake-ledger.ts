/** A ledger and a provider in memory, behind the activities' contract: each session's leases and a journal. */
import { ApplicationFailure } from '@temporalio/common';
import type {
  Activities,
  Command,
  DrainOutcome,
  DrainView,
  LiveView,
  SessionView,
} from '../../../activities/contract.ts';
import { createFakeFiles, fileActivities, type FakeFiles } from './fake-files.ts';

export interface FakeLease {
  readonly leaseId: string;
  readonly sessionId: string;
  state: 'provisioning' | 'active' | 'draining' | 'closed';
  protected: boolean;
  expiresAtMs: number | null;
  files: string[];
  claimAbandoned: boolean;
  expiryOutOfDate: boolean;
  attempts: number;
  lastError: string | null;
  nextTryAtMs: number;
  endReason: string | null;
}

type Hook = (what: string, leaseId: string) => void | Promise<void>;

export interface FakeLedger {
  readonly activities: Activities;
  /** What happened, oldest first: `reconcile s1`, `release l1 cancelled`, `deleteStore l1`. */
  readonly journal: string[];
  readonly leases: Map<string, FakeLease>;
  add(sessionId: string, leaseId: string, ttlMs: number | null, change?: Partial<FakeLease>): FakeLease;
  /** Runs before each activity does its work; throwing fails it. */
  before: Hook;
  /** Runs after a look was taken and before the workflow gets it. */
  afterLook: (sessionId: string) => void | Promise<void>;
  readonly files: FakeFiles;
  /** Milliseconds a failing deletion asks to wait, by lease id; none: deletions succeed. */
  readonly failing: Map<string, number>;
}

/** Makes an empty one. Times are those of this process. */
export function createFakeLedger(): FakeLedger {
  const leases = new Map<string, FakeLease>();
  const journal: string[] = [];
  const fake: FakeLedger = {
    leases,
    journal,
    failing: new Map(),
    files: createFakeFiles(),
    before: () => undefined,
    afterLook: () => undefined,
    add: (sessionId, leaseId, ttlMs, change = {}) => {
      const lease = newLease(sessionId, leaseId, ttlMs, change);
      leases.set(leaseId, lease);
      return lease;
    },
    activities: createActivities(() => fake),
  };
  return fake;
}

function newLease(
  sessionId: string,
  leaseId: string,
  ttlMs: number | null,
  change: Partial<FakeLease>,
): FakeLease {
  return {
    leaseId,
    sessionId,
    state: 'active',
    protected: false,
    expiresAtMs: ttlMs === null ? null : Date.now() + ttlMs,
    files: [],
    claimAbandoned: false,
    expiryOutOfDate: false,
    attempts: 0,
    lastError: null,
    nextTryAtMs: 0,
    endReason: null,
    ...change,
  };
}

function createActivities(ledger: () => FakeLedger): Activities {
  const note = async (what: string, about: string, rest = ''): Promise<void> => {
    await ledger().before(what, about);
    ledger().journal.push(`${what} ${about}${rest && ` ${rest}`}`);
  };
  const get = (leaseId: string) => ledger().leases.get(leaseId);
  return {
    ...fileActivities(() => ledger().files, note),
    reconcile: async ({ sessionId }) => {
      await note('reconcile', sessionId);
      const view = reconcile([...ledger().leases.values()].filter((lease) => lease.sessionId === sessionId));
      await ledger().afterLook(sessionId);
      return view;
    },
    applyCommand: async (_session, command) => {
      await note(command.kind, command.leaseId, describeCommand(command));
      const lease = get(command.leaseId);
      if (lease !== undefined && isLive(lease)) applyTo(lease, command);
    },
    settleClaim: async ({ leaseId }) => {
      await note('settleClaim', leaseId);
      Object.assign(get(leaseId) ?? {}, {
        state: 'active',
        claimAbandoned: false,
        expiresAtMs: Date.now() + 60_000,
      });
    },
    syncStoreExpiry: async ({ leaseId }) => {
      await note('syncStoreExpiry', leaseId);
      Object.assign(get(leaseId) ?? {}, { expiryOutOfDate: false });
    },
    deleteFiles: async ({ leaseId }) => {
      await note('deleteFiles', leaseId);
      Object.assign(get(leaseId) ?? {}, { files: [] });
      return { closed: true, waitMs: 0 };
    },
    deleteStore: async ({ leaseId }) => {
      await note('deleteStore', leaseId);
      return deleteStore(get(leaseId), ledger().failing.get(leaseId));
    },
    pruneHistory: () => Promise.resolve(0),
    beginSweep: () => Promise.resolve(null),
    listStores: () => Promise.resolve({ valid: false }),
    tendStores: () => Promise.resolve(),
    deleteStrays: () => Promise.resolve(),
    finishSweep: () => Promise.reject(new Error('nothing was begun')),
  };
}

function describeCommand(command: Command): string {
  if (command.kind === 'renew') return String(command.seconds);
  if (command.kind === 'release') return command.reason;
  return [...command.fileIds, ...command.filePaths].join(',');
}

function isLive(lease: FakeLease): boolean {
  return lease.state === 'active' || lease.state === 'provisioning';
}

function applyTo(lease: FakeLease, command: Command): void {
  if (command.kind === 'track') lease.files.push(...command.fileIds);
  if (command.kind === 'renew') lease.expiresAtMs = Date.now() + (command.seconds ?? 3_600) * 1_000;
  if (command.kind === 'release' && !lease.protected) {
    lease.state = 'draining';
    lease.endReason = command.reason;
  }
}

function reconcile(leases: readonly FakeLease[]): SessionView {
  for (const lease of leases) {
    if (lease.state !== 'active' || lease.expiresAtMs === null || lease.expiresAtMs > Date.now()) continue;
    lease.state = 'draining';
    lease.endReason = 'expired';
  }
  const live = leases.find(isLive);
  return {
    live: live === undefined ? null : liveView(live),
    draining: leases.filter((lease) => lease.state === 'draining').map(drainView),
  };
}

function liveView(lease: FakeLease): LiveView {
  return {
    leaseId: lease.leaseId,
    state: lease.state === 'provisioning' ? 'provisioning' : 'active',
    vectorStoreId: lease.state === 'provisioning' ? null : `vs_${lease.leaseId}`,
    protected: lease.protected,
    expiresAt: lease.expiresAtMs === null ? null : new Date(lease.expiresAtMs).toISOString(),
    leftMs: lease.expiresAtMs === null ? null : lease.expiresAtMs - Date.now(),
    claimAbandoned: lease.claimAbandoned,
    expiryOutOfDate: lease.expiryOutOfDate,
  };
}

function drainView(lease: FakeLease): DrainView {
  return {
    leaseId: lease.leaseId,
    vectorStoreId: `vs_${lease.leaseId}`,
    hasFiles: lease.files.length > 0,
    stuck: lease.attempts >= 2,
    attempts: lease.attempts,
    lastError: lease.lastError,
    nextTryAt: lease.attempts === 0 ? null : new Date(lease.nextTryAtMs).toISOString(),
    waitsFor: null,
    waitMs: Math.max(0, lease.nextTryAtMs - Date.now()),
  };
}

function deleteStore(lease: FakeLease | undefined, failWaitMs: number | undefined): DrainOutcome {
  if (lease === undefined) return { closed: true, waitMs: 0 };
  if (failWaitMs === undefined) {
    lease.state = 'closed';
    return { closed: true, waitMs: 0 };
  }
  lease.attempts += 1;
  lease.lastError = 'the provider is unavailable';
  lease.nextTryAtMs = Date.now() + failWaitMs;
  return { closed: false, waitMs: failWaitMs };
}

/** Fails the activity as the real ones do while the database is away. */
export function ledgerAway(): never {
  throw ApplicationFailure.create({ message: 'The database is unavailable.', type: 'LEDGER_UNAVAILABLE' });
}
