import { pino, type Logger } from 'pino';
import type { App, ApiDeps, ApiSettings, ComponentMap } from '../../../api/deps.ts';
import { buildApp } from '../../../api/app.ts';
import type {
  AccountCapacity,
  LeaseDetail,
  Leases,
  StrayStore,
  SweepReport,
} from '../../../leases/contract.ts';
import { createApiMetrics } from '../../../telemetry/metrics.ts';

export const LEASE_ID = '0198c1d2-7a3b-7c4d-8e5f-001122334455';

export const SETTINGS: ApiSettings = {
  apiToken: undefined,
  operatorToken: undefined,
  corsOrigins: [],
  rateLimitPerMinute: 0,
  allowNuke: false,
  leaseSeconds: 3_600,
  acquireTimeoutMs: 8_000,
  cleanupWaitMs: 8_000,
  temporalNamespace: 'default',
  temporalUiUrl: 'http://127.0.0.1:8233/',
  version: '0.0.0-test',
};

export const DETAIL: LeaseDetail = {
  leaseId: LEASE_ID,
  sessionId: 'a b',
  state: 'active',
  accountId: 1,
  vectorStoreId: 'vs_1',
  registered: false,
  protected: false,
  expiresAtMs: Date.UTC(2026, 0, 1, 13),
  leftMs: 3_700_000,
  createdAtMs: Date.UTC(2026, 0, 1, 12),
  renewedAtMs: null,
  endedAtMs: null,
  endReason: null,
  uncertain: false,
  waitsFor: null,
  stuck: null,
  files: ['file-1'],
  filePaths: ['/a'],
  deletedFiles: ['file-0'],
  abandoned: [],
  keptFiles: [{ fileId: 'file-9', reason: 'attached_elsewhere' }],
};

export const CAPACITY: AccountCapacity = {
  accountId: 1,
  provider: 'openai',
  baseUrl: 'https://api.example/v1',
  limit: 100,
  countForeign: true,
  used: 99,
  free: 1,
  live: 90,
  draining: 4,
  stuck: 1,
  unleased: 1,
  foreign: 3,
  nextDeadlineMs: Date.UTC(2026, 0, 1, 13),
  usageBytes: 123,
  listedAtMs: null,
  forecast: [{ withinSeconds: 60, leases: 2 }],
};

export const REPORT: SweepReport = {
  runId: '42',
  dryRun: false,
  valid: true,
  invalidReason: null,
  invalidDetail: null,
  startedAt: '2026-01-01T12:00:00.000Z',
  finishedAt: '2026-01-01T12:00:01.000Z',
  listed: 2,
  counts: { held: 1, orphan: 1 },
  actions: [{ storeId: 'vs_2', leaseId: LEASE_ID, action: 'delete', why: 'orphan: its lease is closed' }],
};

export const STRAY: StrayStore = {
  storeId: 'vs_2',
  kind: 'orphan',
  why: 'its lease is closed',
  name: 'session_a b',
  status: 'completed',
  instanceId: 'ours',
  leaseId: LEASE_ID,
  sessionId: 'a b',
  createdAtMs: Date.UTC(2026, 0, 1, 10),
  ageMs: 7_201_500,
  expiresAtMs: null,
  usageBytes: 3,
  sightings: 1,
  firstSeenAtMs: Date.UTC(2026, 0, 1, 11),
  lastError: null,
};

/** Every call the routes made, by name, with its arguments. */
export type Calls = [name: string, ...args: unknown[]][];

/** Leases that note each call and answer at once; `override`, read at each call, replaces single answers. */
export function stubLeases(calls: Calls, override: Partial<Leases> = {}): Leases {
  const held = { leaseId: LEASE_ID, secondsLeft: 3_599 };
  const answers: Leases = {
    acquire: () =>
      Promise.resolve({ ...held, vectorStoreId: 'vs_1', reused: false, files: [], filePaths: [] }),
    renew: () => Promise.resolve(held),
    track: ({ fileIds, filePaths }) =>
      Promise.resolve({ ...held, tracked: fileIds.length + filePaths.length }),
    register: () => Promise.resolve({ status: 'registered' }),
    release: () => Promise.resolve(),
    force: () =>
      Promise.resolve([{ leaseId: LEASE_ID, storeIds: ['vs_1'], fileIds: ['file-1'], uncertain: false }]),
    setProtected: () => Promise.resolve(DETAIL),
    get: () => Promise.resolve(DETAIL),
    list: () => Promise.resolve({ leases: [DETAIL], nextCursor: null }),
    capacity: () => Promise.resolve([CAPACITY]),
    orphans: () =>
      Promise.resolve({ lastRun: REPORT, counts: { held: 1 }, stores: [STRAY], nextCursor: null }),
    sweepState: () => Promise.resolve({ lastSuccessMs: null, listed: {} }),
    cleanup: () => Promise.resolve(2),
    nuke: () => Promise.resolve({ sessions: 3, stores: 2 }),
    settle: () => Promise.resolve(),
  };
  return new Proxy(answers, {
    get:
      (target, name: keyof Leases) =>
      (...args: unknown[]) => {
        calls.push([name, ...args]);
        const answer = override[name] ?? target[name];
        return (answer as (...given: unknown[]) => unknown)(...args);
      },
  });
}

export interface Options {
  readonly leases?: Partial<Leases>;
  readonly settings?: Partial<ApiSettings>;
  readonly log?: Logger;
  readonly components?: ComponentMap;
  readonly sweep?: ApiDeps['sweep'];
}

/** The production app over stubbed leases, and what it called. */
export async function stubApp(options: Options = {}): Promise<{ app: App; calls: Calls; deps: ApiDeps }> {
  const calls: Calls = [];
  const deps: ApiDeps = {
    leases: stubLeases(calls, options.leases),
    log: options.log ?? pino({ level: 'silent' }),
    metrics: createApiMetrics(),
    settings: { ...SETTINGS, ...options.settings },
    sweep:
      options.sweep ??
      ((dryRun) => {
        calls.push(['sweep', dryRun]);
        return Promise.resolve({ ...REPORT, dryRun });
      }),
    readiness: () => Promise.resolve(options.components ?? { ledger: { ok: true, latency_ms: 1 } }),
  };
  const app = await buildApp(deps);
  await app.ready();
  return { app, calls, deps };
}
