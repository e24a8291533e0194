import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { App, ApiDeps, ApiSettings, ComponentMap } from '../../../api/deps.ts';
import { buildApp } from '../../../api/app.ts';
import type { Files } from '../../../files/contract.ts';
import { openSpool } from '../../../files/spool.ts';
import type { LimitsAnswer } from '../../../contract/config.ts';
import type {
  AccountCapacity,
  LeaseDetail,
  Leases,
  StrayStore,
  SweepReport,
} from '../../../leases/contract.ts';
import { createApiMetrics } from '../../../telemetry/metrics.ts';
import { noting, type Calls } from './noting.ts';
import { FILE_REPORT, stubFileMeter, stubFiles, type Told } from './stub-files.ts';

export type { Calls } from './noting.ts';

export const LEASE_ID = '0198c1d2-7a3b-7c4d-8e5f-001122334455';

/** Limits that are nobody's defaults. */
export const LIMITS: LimitsAnswer = {
  providers: [
    {
      provider: 'kimi',
      max_file_bytes: 11,
      max_files: 12,
      max_total_bytes: 13,
      kept_days: null,
      default_purpose: 'file-extract',
      offers_stores: false,
    },
  ],
  files: {
    allowed_extensions: ['txt', 'md'],
    max_file_bytes_per_user: 14,
    user_quota_bytes: 15,
    upload_timeout_seconds: 16,
    retention_days: 17,
  },
  mcp: { max_prompt_characters: 18, max_output_tokens: { default: 19, kimi: 20, glm: 21 } },
};

export const SETTINGS: ApiSettings = {
  apiToken: undefined,
  operatorToken: undefined,
  corsOrigins: [],
  rateLimitPerMinute: 0,
  allowNuke: false,
  leaseSeconds: 3_600,
  acquireTimeoutMs: 8_000,
  cleanupWaitMs: 8_000,
  uploadTimeoutMs: 60_000,
  maxRequestBytes: 10_485_760,
  bodyTimeoutMs: 30_000,
  temporalNamespace: 'default',
  temporalUiUrl: 'http://127.0.0.1:8233/',
  version: '0.0.0-test',
  toolTimeouts: { toolMs: 30_000, workflowMs: 45_000 },
  limits: LIMITS,
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
  return noting(answers, { calls, override });
}

/** Everything is off, and a run has nothing to say. */
const STUB_JOBS: ApiDeps['jobs'] = {
  list: () => Promise.resolve([]),
  start: () => Promise.resolve({ workflowId: 'job-manual', workflowUrl: null }),
  resultsStats: () =>
    Promise.resolve({
      ...{ running: false, check_interval_hours: 6, total_cleanups: 0, total_deleted: 0 },
      ...{ total_freed_bytes: 0, total_freed_mb: 0, total_errors: 0, cache_directory: null },
    }),
  backups: () => Promise.resolve([]),
};

export interface Options {
  readonly leases?: Partial<Leases>;
  readonly files?: Partial<Files>;
  readonly settings?: Partial<ApiSettings>;
  readonly log?: Logger;
  readonly components?: ComponentMap;
  readonly sweep?: ApiDeps['sweep'];
  readonly startFileRun?: ApiDeps['startFileRun'];
  readonly jobs?: Partial<ApiDeps['jobs']>;
}

export interface Stub {
  readonly app: App;
  readonly calls: Calls;
  readonly told: Told;
  /** Folder that holds the spool's own. */
  readonly spoolFolder: string;
  readonly deps: ApiDeps;
}

/** The production app over stubbed leases and files, and what it called. */
export async function stubApp(options: Options = {}): Promise<Stub> {
  const calls: Calls = [];
  const told: Told = { active: 0, events: [] };
  const log = options.log ?? pino({ level: 'silent' });
  const spoolFolder = mkdtempSync(join(tmpdir(), 'spool-'));
  const spool = openSpool({ directory: spoolFolder, hostname: 'here', pid: process.pid, maxAgeMs: 1e6, log });
  const deps: ApiDeps = {
    leases: stubLeases(calls, options.leases),
    files: stubFiles(calls, options.files),
    spool,
    fileMeter: stubFileMeter(told),
    log,
    metrics: createApiMetrics(),
    settings: { ...SETTINGS, ...options.settings },
    sweep:
      options.sweep ??
      ((dryRun) => {
        calls.push(['sweep', dryRun]);
        return Promise.resolve({ result: { ...REPORT, dryRun } });
      }),
    jobs: noting(STUB_JOBS, { calls, override: options.jobs ?? {} }),
    startFileRun:
      options.startFileRun ??
      ((wish) => {
        calls.push(['startFileRun', wish]);
        return Promise.resolve({ result: FILE_REPORT });
      }),
    readiness: () => Promise.resolve(options.components ?? { ledger: { ok: true, latency_ms: 1 } }),
  };
  const app = await buildApp(deps);
  app.addHook('onClose', async () => {
    await spool.close();
    rmSync(spoolFolder, { recursive: true });
  });
  await app.ready();
  return { app, calls, told, spoolFolder, deps };
}
