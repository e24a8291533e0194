import { Pool, type PoolClient, type QueryConfig, type QueryResultRow } from 'pg';
import { isServiceError } from '../domain/errors.ts';
import { isRefusedByServer, isUnavailable, toLedgerError } from './failures.ts';

/** The server gives up first, so that its answer, and not a broken connection, is what ends a slow statement. */
const STATEMENT_TIMEOUT_MS = 2_000;
/** Client-side limit of one statement: above the server's, and with connecting below the 4 s of the contract. */
const QUERY_TIMEOUT_MS = 2_500;
/** Wait for a free or a new connection. */
const CONNECT_TIMEOUT_MS = 1_200;
/** One transaction, from its BEGIN; with connecting below the 4 s of the contract, however many statements wait. */
const TRANSACTION_TIMEOUT_MS = 2_600;
/** A row lock nobody gives up is reported before the statement's own limit. */
const LOCK_TIMEOUT_MS = 1_500;

/**
 * Every statement goes by a key, but a plan made while the tables were small (and kept with the connection) may
 * scan them, and then each call costs as much as there are leases. So: no scans where an index will do, no plan
 * for each call anew, no compiling of statements that take less than a millisecond.
 */
export const PLANNER = [
  '-c enable_seqscan=off',
  '-c enable_bitmapscan=off',
  '-c enable_hashjoin=off',
  '-c enable_mergejoin=off',
  '-c plan_cache_mode=force_generic_plan',
  '-c jit=off',
].join(' ');

export interface LedgerOptions {
  /** PostgreSQL connection string. */
  readonly url: string;
  readonly poolSize: number;
  readonly applicationName: string;
  /** Told about connections that break while idle; nothing is lost by it. */
  readonly onError: (error: Error) => void;
}

/** One named statement: the name makes the server keep its plan. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

/** Anything a statement can run on: the pool, or one connection inside a transaction. */
export interface Db {
  rows<Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]): Promise<Row[]>;
}

export interface Ledger extends Db {
  /** Runs `work` in one READ COMMITTED transaction. A client that failed half-way is destroyed, not reused. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
  stats(): {
    readonly total: number;
    readonly idle: number;
    readonly waiting: number;
    /** Connections opened so far. What is behind a new one may be an older state: a backup, a standby. */
    readonly opened: number;
  };
  close(): Promise<void>;
}

/** pg takes a limit for one query; its types do not know it. */
interface TimedQuery extends QueryConfig {
  readonly query_timeout: number;
}

/** `endsAt`: monotonic milliseconds by which the answer of every statement has to be in. */
function on(client: Pick<PoolClient, 'query'>, endsAt = Infinity): Db {
  return {
    rows: async <Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]) => {
      const query: TimedQuery = { ...statement, values: [...values], query_timeout: timeLeft(endsAt) };
      const result = await client.query<Row>(query);
      return result.rows;
    },
  };
}

function timeLeft(endsAt: number): number {
  return Math.max(1, Math.min(QUERY_TIMEOUT_MS, endsAt - performance.now()));
}

/**
 * A client in an unknown state is never handed on: unless the server itself turned the statement down, or our
 * own rules ended the transaction, it is destroyed.
 */
async function runOn<T>(pool: Pool, work: (client: PoolClient) => Promise<T>, rollback: boolean): Promise<T> {
  const client = await pool.connect();
  try {
    const value = await work(client);
    client.release();
    return value;
  } catch (error) {
    const usable = isRefusedByServer(error) || (isServiceError(error) && !isUnavailable(error));
    const kept = usable && (!rollback || (await rolledBack(client)));
    client.release(!kept);
    throw error;
  }
}

async function rolledBack(client: PoolClient): Promise<boolean> {
  try {
    await client.query('ROLLBACK');
    return true;
  } catch {
    return false;
  }
}

function inTransaction<T>(work: (db: Db) => Promise<T>): (client: PoolClient) => Promise<T> {
  return async (client) => {
    const endsAt = performance.now() + TRANSACTION_TIMEOUT_MS;
    await client.query('BEGIN');
    const value = await work(on(client, endsAt));
    const commit: TimedQuery = { text: 'COMMIT', query_timeout: timeLeft(endsAt) };
    await client.query(commit);
    return value;
  };
}

async function answering<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toLedgerError(error);
  }
}

/** Opens the pool; connects on first use. Every wait inside has a limit. */
export function openLedger(options: LedgerOptions): Ledger {
  const pool = new Pool({
    connectionString: options.url,
    max: options.poolSize,
    application_name: options.applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    query_timeout: QUERY_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
    options: PLANNER,
  });
  let opened = 0;
  pool.on('error', options.onError);
  // The pool listens to idle clients only, and an 'error' nobody listens to ends the process. What breaks under a
  // statement is told by that statement's failure.
  pool.on('connect', (client) => {
    opened += 1;
    client.on('error', () => undefined);
  });
  return {
    rows: async (statement, values) =>
      answering(runOn(pool, async (client) => on(client).rows(statement, values), false)),
    transaction: async (work) => answering(runOn(pool, inTransaction(work), true)),
    stats: () => ({
      total: pool.totalCount,
      idle: pool.idleCount,
      waiting: pool.waitingCount,
      opened,
    }),
    close: async () => pool.end(),
  };
}
