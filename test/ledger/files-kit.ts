/** What the tests of the files' room stand on: its deps on a real ledger, three provider accounts at one simulator. */
import { createHash, randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { guardDeletions } from '../../deletion/guard-deletions.ts';
import { limitProvider, limitSettings, type LimitSettings } from '../../deletion/limits/index.ts';
import { PROVIDER_NAMES, type ProviderName, type UploadLimits } from '../../domain/providers.ts';
import {
  createFiles,
  type FileAccount,
  type FileDeps,
  type FileMeter,
  type Files,
  type FileSettings,
} from '../../files/index.ts';
import { createSessionHolder, type LeaseSettings } from '../../leases/index.ts';
import { ensureAccount, type Ledger } from '../../ledger/index.ts';
import { createStoreProvider } from '../../providers/index.ts';
import type { StoreProvider } from '../../providers/port.ts';
import { controlSimulator, type SimulatorControl } from '../../simulator/control-client.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { createDatabase } from '../support/databases.ts';
import { KEY, openPart, type LogLine, type Part } from './kit.ts';

/** Milliseconds where production has seconds and minutes. */
export const SHORT_FILES: FileSettings = {
  allowedExtensions: ['txt', 'md', 'pdf'],
  uploadTimeoutMs: 15_000,
  maxConcurrentUploads: 5,
  slotWaitMs: 10_000,
  dedupe: true,
  verifyAfterMs: 3_600_000,
  userQuotaBytes: 1_000_000,
  maxUserFileBytes: 500_000,
  retentionDays: 30,
  failedRetentionDays: 7,
  auditRetentionDays: 30,
  senderLeaseMs: 1_500,
  senderBeatMs: 300,
  staleAfterMs: 12_000,
  listingGapMs: 60_000,
  stuckAfterMs: 600_000,
  stuckRetryMs: 900_000,
  providerDeadlineMs: 1_500,
  listingDeadlineMs: 3_000,
  confirmGoneMs: 60_000,
  youngObjectMs: 600_000,
  fileConcurrency: 4,
  passBudgetMs: 20_000,
};

/** Keys of the accounts; `openai` is the one that leases use. */
export const KEYS: Readonly<Record<ProviderName, string>> = {
  openai: KEY,
  kimi: 'sk-test-kimi-key',
  glm: 'sk-test-glm-key',
};

const NO_LIMITS = { maxFileBytes: 400_000, maxFiles: null, maxTotalBytes: null, keptDays: null };
export const UPLOAD_LIMITS: Readonly<Record<ProviderName, UploadLimits>> = {
  openai: { ...NO_LIMITS, defaultPurpose: 'assistants' },
  kimi: { ...NO_LIMITS, defaultPurpose: 'file-extract' },
  glm: { ...NO_LIMITS, maxFileBytes: 100_000, keptDays: 180, defaultPurpose: 'agent' },
};

export interface FileOptions {
  readonly settings?: Partial<FileSettings>;
  /** Limits of uploads that differ from {@link UPLOAD_LIMITS}. */
  readonly uploadLimits?: Partial<Record<ProviderName, Partial<UploadLimits>>>;
  /** Limits of the accounts: breaker, permits, rate. */
  readonly limits?: Partial<LimitSettings>;
  readonly leaseSettings?: Partial<LeaseSettings>;
  /** Keys other than {@link KEYS}, as after a change of key. */
  readonly keys?: Partial<Record<ProviderName, string>>;
  /** Which accounts there are, in the order in which one is chosen. */
  readonly providers?: readonly ProviderName[];
  readonly poolSize?: number;
}

/** One process of the files' room, and the leases of the same process. */
export interface FilePart {
  readonly ledger: Ledger;
  readonly deps: FileDeps;
  readonly files: Files;
  readonly leasing: Part;
  account(name: ProviderName): FileAccount;
  readonly logged: LogLine[];
  readonly metered: (readonly [string, ...unknown[]])[];
  /** How often Temporal would have been told that there is something to do. */
  readonly told: { due: number };
}

export interface FileBench extends FilePart {
  readonly databaseUrl: string;
  readonly simulator: Simulator;
  readonly control: SimulatorControl;
  /** A further process on the same ledger and simulator; options as the first one's but for what is named. */
  another(changes?: FileOptions): Promise<FilePart>;
  /** One statement beside the service. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

function recordingMeter(metered: (readonly [string, ...unknown[]])[]): FileMeter {
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void metered.push([name, ...values]);
  return {
    attempted: note('attempted'),
    began: () => note('ended'),
    uploaded: note('uploaded'),
    took: (provider) => void metered.push(['took', provider]),
    deduplicated: note('deduplicated'),
    breakerTripped: note('breakerTripped'),
    deleted: note('deleted'),
    refused: note('refused'),
  };
}

/** Where the simulator plays each provider. */
export const PATHS: Readonly<Record<ProviderName, string>> = {
  openai: '/v1',
  kimi: '/kimi/v1',
  glm: '/glm/v4',
};

const providerOf = (simulatorUrl: string, name: ProviderName, apiKey: string): StoreProvider =>
  createStoreProvider({
    name,
    baseUrl: `${simulatorUrl}${PATHS[name]}`,
    apiKey,
    testMode: true,
    concurrency: 8,
    meter: { call: () => undefined },
  });

async function accountOf(
  part: Pick<FilePart, 'ledger' | 'logged'> & { readonly simulatorUrl: string },
  name: ProviderName,
  options: FileOptions,
): Promise<FileAccount> {
  const { ledger } = part;
  const bare = providerOf(part.simulatorUrl, name, options.keys?.[name] ?? KEYS[name]);
  const accountId = await ensureAccount(ledger, bare.account);
  const limits = limitSettings({ PROVIDER_CONCURRENCY: 100, PROVIDER_DELETE_PER_SECOND: 0 });
  const provider = await limitProvider(guardDeletions(bare, ledger), {
    ledger,
    accountId,
    settings: { ...limits, ...options.limits },
    meter: {
      waited: () => undefined,
      heldBack: () => undefined,
      inUse: () => undefined,
      opened: () => undefined,
    },
    log: recordingLog(part.logged),
  });
  return { name, provider, accountId, limits: { ...UPLOAD_LIMITS[name], ...options.uploadLimits?.[name] } };
}

const recordingLog = (lines: LogLine[]) =>
  pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });

export async function openFilePart(
  databaseUrl: string,
  simulatorUrl: string,
  options: FileOptions = {},
): Promise<FilePart> {
  const leasing = await openPart({
    databaseUrl,
    baseUrl: `${simulatorUrl}${PATHS.openai}`,
    apiKey: options.keys?.openai ?? KEYS.openai,
    settings: options.leaseSettings ?? {},
    poolSize: options.poolSize ?? 10,
  });
  const { ledger } = leasing;
  const logged: LogLine[] = [];
  const metered: (readonly [string, ...unknown[]])[] = [];
  const told = { due: 0 };
  const accounts: FileAccount[] = [];
  for (const name of options.providers ?? PROVIDER_NAMES) {
    accounts.push(await accountOf({ ledger, logged, simulatorUrl }, name, options));
  }
  const deps: FileDeps = {
    ledger,
    accounts,
    settings: { ...SHORT_FILES, ...options.settings },
    sessions: createSessionHolder(leasing.deps),
    notifier: { due: () => void (told.due += 1) },
    meter: recordingMeter(metered),
    log: recordingLog(logged),
  };
  const account = (name: ProviderName): FileAccount => {
    const found = accounts.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no account of ${name} in this part`);
    return found;
  };
  return { ledger, deps, files: createFiles(deps), leasing, account, logged, metered, told };
}

/** A database, a simulator and one process on them; all of it goes with the test. */
export async function openFileBench(options: FileOptions = {}): Promise<FileBench> {
  const [databaseUrl, simulator] = await Promise.all([createDatabase('files'), startSimulator()]);
  onTestFinished(() => simulator.close());
  const part = await openFilePart(databaseUrl, simulator.url, options);
  return {
    ...part,
    databaseUrl,
    simulator,
    control: controlSimulator(simulator.url),
    another: (changes = {}) => openFilePart(databaseUrl, simulator.url, { ...options, ...changes }),
    sql: (text, values = []) =>
      part.ledger.rows({ name: `test-${createHash('md5').update(text).digest('hex')}`, text }, values),
  };
}

export const sha256Of = (content: string | Uint8Array): string =>
  createHash('sha256').update(content).digest('hex');

/** A row of `provider_file_uploads` by its columns; times as SQL expressions are set by an UPDATE afterwards. */
export interface UploadSeed {
  readonly provider?: ProviderName;
  readonly content?: string;
  readonly filename?: string;
  readonly purpose?: string;
  readonly userId?: string;
  readonly sessionId?: string | null;
  readonly plain?: boolean;
  readonly status?: 'pending' | 'uploading' | 'completed' | 'failed';
  readonly uncertain?: boolean;
  readonly claims?: boolean;
  /** The provider's id: makes the `file` row (uploaded) where there is none, and is needed for `completed`. */
  readonly fileId?: string;
  /** created_at, last_used, sent_at and tracked_at so long ago. */
  readonly ageSeconds?: number;
}

const FILE = `
INSERT INTO file (provider, base_url, account_id, provider_file_id, uploaded, tracked_at)
VALUES ($1, $2, $3, $4, true, clock_timestamp() - $5::float8 * interval '1 s')
ON CONFLICT (provider, base_url, provider_file_id) DO UPDATE SET uploaded = true RETURNING file_key`;
const UPLOAD = `
INSERT INTO provider_file_uploads (upload_id, account_id, provider, provider_file_id, file_key, sha256, filename,
  file_size_bytes, mime_type, purpose, user_id, session_id, plain, upload_status, claims, uncertain,
  created_at, last_used, sent_at, verified_at)
SELECT $1, $2, $3, $4, $5, $6, $7, $8, 'text/plain', $9, $10, $11, $12, $13::text, $14, $15, t, t,
  CASE WHEN $13 <> 'pending' THEN t END, CASE WHEN $13 = 'completed' THEN t END
FROM (SELECT clock_timestamp() - $16::float8 * interval '1 s') AS at (t)`;

/** Writes down an upload as if it had been made; resolves with its id. Nothing is made at the provider. */
export async function seedUpload(bench: FileBench, seed: UploadSeed = {}): Promise<string> {
  const { name, accountId, limits, provider } = bench.account(seed.provider ?? 'openai');
  const { status = 'completed', fileId = null, content = 'content', ageSeconds = 0 } = seed;
  const owner = [name, provider.account.baseUrl, accountId];
  const [file] =
    fileId === null ? [] : await bench.sql<{ file_key: string }>(FILE, [...owner, fileId, ageSeconds]);
  const uploadId = randomUUID();
  const what = [sha256Of(content), seed.filename ?? 'a.txt', Buffer.byteLength(content)];
  const whose = [seed.purpose ?? limits.defaultPurpose, seed.userId ?? 'anonymous', seed.sessionId ?? null];
  const how = [seed.plain ?? true, status, seed.claims ?? false, seed.uncertain ?? false, ageSeconds];
  const ids = [uploadId, accountId, name, fileId, file?.file_key ?? null];
  await bench.sql(UPLOAD, [...ids, ...what, ...whose, ...how]);
  return uploadId;
}
