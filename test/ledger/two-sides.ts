/** Two connections, one of them held open: what the other does meanwhile, and after. */
import { randomUUID } from 'node:crypto';
import { Client, Pool } from 'pg';
import { expect, onTestFinished } from 'vitest';
import { openLedger, type Db, type Ledger } from '../../ledger/index.ts';
import { BUSY } from '../../ledger/together.ts';
import { createDatabase } from '../support/databases.ts';
import { until } from '../support/until.ts';

export const PROVIDER = 'openai';
export const BASE_URL = 'http://127.0.0.1:1/v1';
/** A lease of ten minutes with the slack that renewals store beyond it. */
export const TIMES = { leaseMs: 600_000, slackMs: 30_000 };
/** Without an outage it means nothing, and every race comes out as if there were none. */
export const GRACE_MS = 300_000;

export interface Arena {
  readonly databaseUrl: string;
  /** Side B: the service's own pool. */
  readonly ledger: Ledger;
  readonly accountId: number;
  sql<Row extends object>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  seed(lease: Seed): Promise<string>;
  state(leaseId: string): Promise<LeaseNow>;
}

export interface Seed {
  readonly sessionId: string;
  readonly state?: 'provisioning' | 'active' | 'draining';
  /** From now; null = protected. Default one minute. */
  readonly expiresInMs?: number | null;
  readonly storeId?: string;
  readonly token?: string;
  /** From now. Default one minute. */
  readonly claimEndsInMs?: number;
  readonly uncertain?: boolean;
}

export interface LeaseNow {
  readonly state: string;
  readonly left_ms: number | null;
  readonly expires_ms: number | null;
  readonly protected: boolean;
  readonly claim_token: string | null;
  readonly claim_until_ms: number | null;
  readonly vector_store_id: string | null;
  readonly end_reason: string | null;
  readonly entry_count: number;
  readonly unseen: boolean;
}

const STATE = `
SELECT state, protected, claim_token, vector_store_id, end_reason, entry_count, seen_version < wanted_version AS unseen,
  (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left_ms,
  (extract(epoch FROM expires_at) * 1000)::float8 AS expires_ms,
  (extract(epoch FROM claim_until) * 1000)::float8 AS claim_until_ms
FROM lease WHERE lease_id = $1`;

const SEED = `
WITH made AS (
  INSERT INTO lease (lease_id, session_id, state, account_id, vector_store_id, protected, expires_at, claim_token,
    claim_until, uncertain, end_reason, ended_at, wake_at)
  SELECT $1, $2, $3, $4, $5, $6::float8 IS NULL AND $3 = 'active',
    CASE WHEN $3 <> 'provisioning' THEN clock_timestamp() + $6 * interval '1 ms' END, $7,
    CASE WHEN $3 = 'provisioning' THEN clock_timestamp() + $8 * interval '1 ms' END, $9,
    CASE WHEN $3 = 'draining' THEN 'released' END, CASE WHEN $3 = 'draining' THEN clock_timestamp() END,
    clock_timestamp() + interval '1 hour'
  RETURNING lease_id, account_id, vector_store_id
)
INSERT INTO store (provider, base_url, store_id, account_id, lease_id, state)
SELECT $10, $11, vector_store_id, account_id, lease_id, 'held' FROM made WHERE vector_store_id IS NOT NULL`;

let ofThisFile: Promise<string> | undefined;

/** An empty ledger with an account; one database serves a file, whose tests run one after another. */
export async function openArena(): Promise<Arena> {
  ofThisFile ??= createDatabase('race');
  const url = await ofThisFile;
  const ledger = openLedger({ url, poolSize: 8, applicationName: 'side-b', onError: () => undefined });
  onTestFinished(() => ledger.close());
  const beside = new Pool({ connectionString: url, application_name: 'test', max: 4 });
  onTestFinished(() => beside.end());
  const sql = async <Row extends object>(text: string, values: readonly unknown[] = []) =>
    (await beside.query<Row>(text, [...values])).rows;
  // Not TRUNCATE, which waits for the disk.
  for (const table of ['lease_entry', 'store', 'file', 'lease', 'account']) await sql(`DELETE FROM ${table}`);
  const [account] = await sql<{ account_id: number }>(
    `INSERT INTO account (provider, base_url, organization, test_mode, key_fingerprint)
     VALUES ($1, $2, '', true, 'k') RETURNING account_id`,
    [PROVIDER, BASE_URL],
  );
  if (account === undefined) throw new Error('no account');
  const accountId = account.account_id;
  return {
    databaseUrl: url,
    ledger,
    accountId,
    sql,
    seed: async (lease) => {
      const leaseId = randomUUID();
      const state = lease.state ?? 'active';
      const storeId = state === 'provisioning' ? null : (lease.storeId ?? `vs_${leaseId}`);
      const expires = lease.expiresInMs === undefined ? 60_000 : lease.expiresInMs;
      const [token, claimEnds] = [lease.token ?? null, lease.claimEndsInMs ?? 60_000];
      const row = [leaseId, lease.sessionId, state, accountId, storeId, expires, token, claimEnds];
      await sql(SEED, [...row, lease.uncertain ?? false, PROVIDER, BASE_URL]);
      return leaseId;
    },
    state: async (leaseId) => {
      const [row] = await sql<LeaseNow>(STATE, [leaseId]);
      if (row === undefined) throw new Error('no such lease');
      return row;
    },
  };
}

export async function openClient(url: string, applicationName: string): Promise<Client> {
  const client = new Client({ connectionString: url, application_name: applicationName });
  await client.connect();
  onTestFinished(() => client.end());
  return client;
}

/** Side A's connection as the statements of the ledger take it. */
export function dbOn(client: Client): Db {
  return {
    rows: async (statement, values) =>
      (await client.query({ text: statement.text, values: [...values] })).rows as never[],
  };
}

/** Where two sides meet. */
type Place = Pick<Arena, 'databaseUrl' | 'sql'>;

export interface Meeting<T> {
  /** What A has done and not yet committed when B begins. */
  readonly a: (db: Db) => Promise<unknown>;
  readonly b: () => Promise<T>;
  readonly end: 'COMMIT' | 'ROLLBACK';
  /** How long, by the database's clock, A holds on after B was seen waiting. */
  readonly holdMs?: number;
}

export interface Met<T> {
  readonly value: T;
  /** Epoch milliseconds by the database's clock just before A let go: B got its lock after that. */
  readonly releasedMs: number;
}

/** Proves that B really waits for A's lock, lets A end, and tells what became of B. */
export async function meet<T>(arena: Place, meeting: Meeting<T>): Promise<Met<T>> {
  const a = await openClient(arena.databaseUrl, 'side-a');
  await a.query('BEGIN');
  await meeting.a(dbOn(a));
  const settled = { done: false };
  const b = meeting.b().finally(() => {
    settled.done = true;
  });
  b.catch(() => undefined);
  await until(() => waits(arena), {
    describe: () => `side B waits for a lock (B is ${settled.done ? 'done without waiting' : 'under way'})`,
    deadlineMs: 1_400,
    everyMs: 5,
  });
  expect(settled.done).toBe(false);
  const seenAt = await clock(a);
  await until(async () => (await clock(a)) >= seenAt + (meeting.holdMs ?? 0), {
    describe: 'the hold to pass',
    everyMs: 5,
  });
  const releasedMs = await clock(a);
  await a.query(meeting.end);
  return { value: await b, releasedMs };
}

async function waits(arena: Place): Promise<boolean> {
  const rows = await arena.sql(
    `SELECT 1 FROM pg_stat_activity s JOIN pg_locks l ON l.pid = s.pid AND NOT l.granted
     WHERE s.datname = current_database() AND s.wait_event_type = 'Lock' AND s.application_name <> 'side-a'`,
  );
  return rows.length > 0;
}

async function clock(client: Client): Promise<number> {
  const result = await client.query<{ ms: number }>(
    `SELECT (extract(epoch FROM clock_timestamp()) * 1000)::float8 AS ms`,
  );
  return result.rows[0]?.ms ?? Number.NaN;
}

/** The statement for many with the statement for one behind it, as `together` sends them. */
export async function amongOthers<Input extends { sessionId: string }, Answer>(
  db: Db,
  input: Input,
  { one, many }: AmongOthers<Input, Answer>,
): Promise<Answer> {
  const [answer] = await many(db, [input, { ...input, sessionId: 'nobody' }]);
  return answer === BUSY ? one(db, input) : (answer as Answer);
}

interface AmongOthers<Input, Answer> {
  readonly one: (db: Db, input: Input) => Promise<Answer>;
  readonly many: (db: Db, inputs: readonly Input[]) => Promise<readonly (Answer | typeof BUSY)[]>;
}

/** What activating a claim takes. */
export const activation = (leaseId: string, token: string, storeId = 'vs_1') => ({
  leaseId,
  token,
  storeId,
  leaseMs: TIMES.leaseMs,
  provider: PROVIDER,
  baseUrl: BASE_URL,
});
