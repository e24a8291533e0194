import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino, type Logger } from 'pino';
import type { App, ApiDeps, ApiSettings, ComponentMap } from '../../../api/deps.ts';
import { buildApp } from '../../../api/app.ts';
import type {
  FileDetail,
  FileMeter,
  FileRunReport,
  Files,
  ProviderFileStats,
  UploadView,
} from '../../../files/contract.ts';
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

export const UPLOAD: UploadView = {
  uploadId: LEASE_ID,
  fileId: 'file-1',
  provider: 'openai',
  status: 'completed',
  filename: 'a.txt',
  sizeBytes: 5,
  sha256: 'ab'.repeat(32),
  mimeType: 'text/plain',
  purpose: 'assistants',
  userId: 'alice',
  sessionId: null,
  plain: true,
  createdAtMs: Date.UTC(2026, 0, 1, 10),
  lastUsedMs: Date.UTC(2026, 0, 1, 11),
  dedupeHits: 2,
  deletedAtMs: null,
  deletionReason: null,
  providerDeletedAtMs: null,
  lastError: null,
  candidates: [],
  stuck: null,
};

export const FILE: FileDetail = {
  fileId: 'file-1',
  provider: 'openai',
  uploads: [UPLOAD],
  leaseIds: [LEASE_ID],
};

export const FILE_REPORT: FileRunReport = {
  files_marked: 3,
  files_deleted: 2,
  bytes_freed: 10,
  errors: ['file-9: PROVIDER_UNAVAILABLE'],
  duration: 1.5,
};

export const FILE_STATS: ProviderFileStats = {
  provider: 'openai',
  liveFiles: 1,
  liveBytes: 5,
  uploads: 2,
  dedupeHits: 3,
  bytesSaved: 15,
  failed: 4,
  deleting: 6,
  stuck: 7,
};

/** Bytes of the largest file that the stubbed files take: above what may be held in memory of one chunk. */
export const LARGEST_BYTES = 300_000;

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
  return noting(answers, { calls, override });
}

/** Files likewise; what only asks the configuration is not noted. */
export function stubFiles(calls: Calls, override: Partial<Files> = {}): Files {
  const answers: Files = {
    checkName: () => undefined,
    largestBytes: () => LARGEST_BYTES,
    upload: ({ file: { sizeBytes, sha256 }, filename, mimeType, sessionId }) =>
      Promise.resolve({
        ...{ fileId: 'file-1', provider: 'openai', filename, sizeBytes, sha256, mimeType },
        deduplicated: false,
        durationMs: 1_204,
        lease: sessionId === null ? null : { leaseId: LEASE_ID, secondsLeft: 3_599 },
      }),
    list: () => Promise.resolve({ uploads: [UPLOAD], nextCursor: null }),
    get: () => Promise.resolve(FILE),
    drop: () => Promise.resolve({ status: 'deleting' }),
    stats: () => Promise.resolve([FILE_STATS, { ...FILE_STATS, provider: 'kimi' }]),
    settle: () => Promise.resolve(),
  };
  return noting(answers, { calls, override, unnoted: ['checkName', 'largestBytes'] });
}

/** What the routes told the metrics of uploads; `active` is the gauge. */
export interface Told {
  active: number;
  readonly events: [name: string, ...args: unknown[]][];
}

function stubFileMeter(told: Told): FileMeter {
  const note =
    (name: string) =>
    (...args: unknown[]): void => {
      told.events.push([name, ...args]);
    };
  return {
    attempted: note('attempted'),
    began: () => {
      told.active += 1;
      return () => {
        told.active -= 1;
      };
    },
    uploaded: note('uploaded'),
    took: note('took'),
    deduplicated: note('deduplicated'),
    breakerTripped: note('breakerTripped'),
    deleted: note('deleted'),
    refused: note('refused'),
  };
}

interface Noting<Room> {
  readonly calls: Calls;
  readonly override: Partial<Room>;
  readonly unnoted?: readonly (keyof Room)[];
}

/** A room that notes each call; `override`, read at each call, replaces single answers. */
function noting<Room extends object>(answers: Room, { calls, override, unnoted = [] }: Noting<Room>): Room {
  return new Proxy(answers, {
    get:
      (target, name) =>
      (...args: unknown[]) => {
        const key = name as keyof Room;
        if (!unnoted.includes(key)) calls.push([String(name), ...args]);
        const answer = override[key] ?? target[key];
        return (answer as (...given: unknown[]) => unknown)(...args);
      },
  });
}

export interface Options {
  readonly leases?: Partial<Leases>;
  readonly files?: Partial<Files>;
  readonly settings?: Partial<ApiSettings>;
  readonly log?: Logger;
  readonly components?: ComponentMap;
  readonly sweep?: ApiDeps['sweep'];
  readonly startFileRun?: ApiDeps['startFileRun'];
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
        return Promise.resolve({ ...REPORT, dryRun });
      }),
    startFileRun:
      options.startFileRun ??
      ((wish) => {
        calls.push(['startFileRun', wish]);
        return Promise.resolve({ report: FILE_REPORT });
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
