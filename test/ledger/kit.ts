/** What the tests of ledger and leases stand on: a ledger, the real adapter and an in-process simulator. */
import { createHash, randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { pino, type Logger } from 'pino';
import { onTestFinished } from 'vitest';
import { isServiceError } from '../../domain/errors.ts';
import {
  createLeaseKeeper,
  createLeases,
  guardDeletions,
  openInstallation,
  type LeaseDeps,
  type LeaseKeeper,
  type Leases,
  type LeaseSettings,
} from '../../leases/index.ts';
import { openLedger, type Ledger } from '../../ledger/index.ts';
import { createStoreProvider } from '../../providers/index.ts';
import { controlSimulator, type SimulatorControl } from '../../simulator/control-client.ts';
import { startSimulator, type Simulator } from '../../simulator/index.ts';
import { createDatabase } from '../support/databases.ts';

/** Milliseconds where production has seconds and minutes; the lease is long, so that nothing expires by itself. */
export const SHORT: Omit<LeaseSettings, 'instanceId'> = {
  leaseSeconds: 600,
  acquireTimeoutMs: 6_000,
  createDeadlineMs: 800,
  claimMarginMs: 700,
  claimGiveUpMs: 60_000,
  providerDeadlineMs: 1_500,
  listingDeadlineMs: 3_000,
  storeExpiresAfterDays: 7,
  maxVectorStores: 0,
  countForeignStores: true,
  outageGraceMs: 300_000,
  stuckAfterMs: 600_000,
  stuckRetryMs: 900_000,
  confirmGoneMs: 60_000,
  youngObjectMs: 600_000,
  listingGapMs: 60_000,
  fileConcurrency: 4,
  passBudgetMs: 20_000,
  auditRetentionDays: 30,
  orphanMinAgeMs: 3_600_000,
  deleteAttachedFiles: 'owned',
};

export interface LogLine {
  readonly event?: string;
  readonly [field: string]: unknown;
}

/** One process of the service, without HTTP and Temporal. */
export interface Part {
  readonly ledger: Ledger;
  readonly deps: LeaseDeps;
  readonly leases: Leases;
  readonly keeper: LeaseKeeper;
  /** Sessions that Temporal would have been told of, in order. */
  readonly notified: string[];
  readonly logged: LogLine[];
  readonly metered: (readonly [string, ...unknown[]])[];
}

export interface Bench extends Part {
  readonly databaseUrl: string;
  readonly simulator: Simulator;
  readonly control: SimulatorControl;
  /** A further process on the same ledger, as another api or worker; `apiKey` as after a change of key. */
  another(options?: { apiKey?: string; settings?: Partial<LeaseSettings> }): Promise<Part>;
  /** One statement beside the service. */
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface PartOptions {
  readonly databaseUrl: string;
  readonly baseUrl: string;
  readonly apiKey?: string;
  readonly settings?: Partial<LeaseSettings>;
  readonly poolSize?: number;
}

export const CONTEXT = { signal: new AbortController().signal, heartbeat: () => undefined };
export const KEY = 'sk-test-first-key';

function recordingLog(lines: LogLine[]): Logger {
  return pino({ level: 'debug' }, { write: (line: string) => void lines.push(JSON.parse(line) as LogLine) });
}

/** A ledger that closes with the test. */
export function ledgerOn(databaseUrl: string, poolSize = 10): Ledger {
  const ledger = openLedger({
    url: databaseUrl,
    poolSize,
    applicationName: 'test',
    onError: () => undefined,
  });
  onTestFinished(() => ledger.close());
  return ledger;
}

export async function openPart(options: PartOptions): Promise<Part> {
  const ledger = ledgerOn(options.databaseUrl, options.poolSize);
  const unguarded = createStoreProvider({
    baseUrl: options.baseUrl,
    apiKey: options.apiKey ?? KEY,
    testMode: true,
    concurrency: 8,
    meter: { call: () => undefined },
  });
  const { instanceId, accountId } = await openInstallation(ledger, unguarded, undefined);
  const notified: string[] = [];
  const logged: LogLine[] = [];
  const metered: (readonly [string, ...unknown[]])[] = [];
  const note =
    (name: string) =>
    (...values: unknown[]) =>
      void metered.push([name, ...values]);
  const deps: LeaseDeps = {
    ledger,
    provider: guardDeletions(unguarded, ledger),
    accountId,
    settings: { ...SHORT, ...options.settings, instanceId },
    notifier: { changed: (sessionId) => void notified.push(sessionId) },
    meter: {
      acquired: note('acquired'),
      renewed: note('renewed'),
      capacityRefused: note('capacityRefused'),
      lateToDraining: note('lateToDraining'),
      gone: note('gone'),
      drainFailed: note('drainFailed'),
      swept: note('swept'),
      strayDeleted: note('strayDeleted'),
      storeLost: note('storeLost'),
      expiryKept: note('expiryKept'),
    },
    uploads: { deleted: note('uploadDeleted') },
    log: recordingLog(logged),
  };
  return {
    ledger,
    deps,
    leases: createLeases(deps),
    keeper: createLeaseKeeper(deps),
    notified,
    logged,
    metered,
  };
}

/** A database, a simulator and one process on them; all of it goes with the test. */
export async function openBench(
  settings: Partial<LeaseSettings> = {},
  options: { poolSize?: number } = {},
): Promise<Bench> {
  const [databaseUrl, simulator] = await Promise.all([createDatabase('leases'), startSimulator()]);
  onTestFinished(() => simulator.close());
  const { baseUrl } = simulator;
  const part = await openPart({ databaseUrl, baseUrl, settings, ...options });
  return {
    ...part,
    databaseUrl,
    simulator,
    control: controlSimulator(simulator.url),
    another: (changes = {}) =>
      openPart({ databaseUrl, baseUrl, ...changes, settings: { ...settings, ...changes.settings } }),
    sql: (text, values = []) =>
      part.ledger.rows({ name: `test-${createHash('md5').update(text).digest('hex')}`, text }, values),
  };
}

/** A connection of the test's own, for the other side of a race. */
export async function connection(databaseUrl: string): Promise<Client> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  onTestFinished(async () => {
    await client.end();
  });
  return client;
}

export const ask = (sessionId: string) => ({ sessionId, leaseId: null, requestId: 'test' });
export const acquireOf = (sessionId: string, protect = false) => ({ sessionId, protect, requestId: 'test' });
export const trackOf = (sessionId: string, fileIds: string[], filePaths: string[] = []) => ({
  ...ask(sessionId),
  fileIds,
  filePaths,
});
export const newSession = () => `session ${randomUUID().slice(0, 8)}`;

/** The code that a call was refused with; `OK` where it was not. */
export const codeOf = (call: Promise<unknown>): Promise<string> =>
  call.then(
    () => 'OK',
    (error: unknown) => (isServiceError(error) ? error.code : String(error)),
  );
