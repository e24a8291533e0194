import type {
  FileDetail,
  FileMeter,
  FileRunReport,
  Files,
  ProviderFileStats,
  UploadView,
} from '../../../files/contract.ts';
import { noting, type Calls } from './noting.ts';

/** As the stubbed leases have it. */
const LEASE_ID = '0198c1d2-7a3b-7c4d-8e5f-001122334455';

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

/** Notes what it is told. */
export function stubFileMeter(told: Told): FileMeter {
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
