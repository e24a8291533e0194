import { Pool, type PoolClient, type QueryResultRow } from 'pg';
import type { Db, Statement } from '../open.ts';

/** One that works and one that looks. */
const POOL_SIZE = 2;
const CONNECT_TIMEOUT_MS = 5_000;
/** A page or a batch takes milliseconds; a thread of a hundred thousand checkpoints takes seconds. */
const STATEMENT_TIMEOUT_MS = 60_000;
/** The server gives up first, by this much. */
const QUERY_GRACE_MS = 5_000;
/** SQLSTATE of a statement that the server has given up. */
const CANCELLED = '57014';
/** Wait for a row that a chat is writing. Waits for whole tables have limits of their own. */
const LOCK_TIMEOUT_MS = 5_000;
/** Every statement goes by the primary keys: no scan of a whole table of conversations for a batch of threads. */
const PLANNER =
  'SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off';

/** Something about the database of conversations, not about us: it is away, refuses, is locked. */
export class CheckpointDatabaseError extends Error {
  constructor(cause: unknown) {
    super(cause instanceof Error && cause.message !== '' ? cause.message : 'the database cannot be reached', {
      cause,
    });
    this.name = 'CheckpointDatabaseError';
  }

  /** PostgreSQL's SQLSTATE or the socket's code, where there is one. */
  get code(): string | undefined {
    return this.cause instanceof Error && 'code' in this.cause ? String(this.cause.code) : undefined;
  }
}

/** Whether a statement took longer than it may. Of fewer threads it may do. */
export function isTooSlow(error: unknown): boolean {
  return error instanceof CheckpointDatabaseError && error.code === CANCELLED;
}

/** The PostgreSQL database in which LangGraph keeps conversations; not the ledger. */
export interface CheckpointConnection extends Db {
  /** READ COMMITTED, so that each statement sees what has been committed before it. */
  transaction<T>(work: (db: Db) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Unnamed: a plan that was made for one batch need not be good for the next. */
function on(client: Pick<PoolClient, 'query'>): Db {
  return {
    rows: async <Row extends QueryResultRow>({ text }: Statement, values: readonly unknown[]) => {
      try {
        return (await client.query<Row>(text, [...values])).rows;
      } catch (error) {
        throw new CheckpointDatabaseError(error);
      }
    },
  };
}

async function take(pool: Pool): Promise<PoolClient> {
  try {
    return await pool.connect();
  } catch (error) {
    throw new CheckpointDatabaseError(error);
  }
}

async function transact<T>(pool: Pool, work: (db: Db) => Promise<T>): Promise<T> {
  const client = await take(pool);
  let usable = false;
  try {
    const db = on(client);
    await db.rows({ name: 'begin', text: 'BEGIN ISOLATION LEVEL READ COMMITTED' }, []);
    try {
      const value = await work(db);
      await db.rows({ name: 'commit', text: 'COMMIT' }, []);
      usable = true;
      return value;
    } catch (error) {
      usable = await client.query('ROLLBACK').then(
        () => true,
        () => false,
      );
      throw error;
    }
  } finally {
    client.release(!usable);
  }
}

/**
 * Opens the pool; connects on first use. A statement may take `statementTimeoutMs`. Failures are
 * {@link CheckpointDatabaseError}.
 */
export function openCheckpoints(
  url: string,
  statementTimeoutMs: number = STATEMENT_TIMEOUT_MS,
): CheckpointConnection {
  const pool = new Pool({
    connectionString: url,
    max: POOL_SIZE,
    application_name: 'loiter-killer-conversations',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: statementTimeoutMs,
    query_timeout: statementTimeoutMs + QUERY_GRACE_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: STATEMENT_TIMEOUT_MS,
    keepAlive: true,
  });
  // What breaks under a statement is told by the statement; an 'error' nobody listens to ends the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => {
    client.on('error', () => undefined);
    // Not as start-up options: those in the address, such as a search path, would take their place.
    client.query(PLANNER).catch(() => undefined);
  });
  return {
    rows: async <Row extends QueryResultRow>(statement: Statement, values: readonly unknown[]) => {
      const client = await take(pool);
      let usable = false;
      try {
        const rows = await on(client).rows<Row>(statement, values);
        usable = true;
        return rows;
      } finally {
        client.release(!usable);
      }
    },
    transaction: (work) => transact(pool, work),
    close: () => pool.end(),
  };
}
