import { Client } from 'pg';

const CONNECT_TIMEOUT_MS = 5_000;
/** One table. A ledger is megabytes; this is for a disk that hangs. */
const STATEMENT_TIMEOUT_MS = 30 * 60_000;
/** For somebody who changes the schema, or uses the ledger that is to be restored. */
const LOCK_TIMEOUT_MS = 5_000;
/** While the other end of a copy cannot take any more. */
const IDLE_TIMEOUT_MS = 5 * 60_000;

/** Texts of values are the same whatever the server's or the role's settings are. */
const SAME_TEXT = `SET DateStyle = 'ISO, MDY'; SET IntervalStyle = 'postgres'; SET TimeZone = 'UTC';
SET extra_float_digits = 1; SET bytea_output = 'hex'`;

/**
 * A connection of its own, in one transaction: committed where `work` succeeds, else rolled back. An abort ends the
 * connection, whatever it is doing.
 */
export async function inOneTransaction<T>(
  { url, begin, signal }: { readonly url: string; readonly begin: string; readonly signal: AbortSignal },
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  const client = new Client({
    connectionString: url,
    application_name: 'loiter-killer-backup',
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    statement_timeout: STATEMENT_TIMEOUT_MS,
    lock_timeout: LOCK_TIMEOUT_MS,
    idle_in_transaction_session_timeout: IDLE_TIMEOUT_MS,
    keepAlive: true,
  });
  // What a statement tells that finds the connection lost is not why.
  let lost: Error | undefined;
  client.on('error', (error) => {
    lost ??= error;
  });
  // Not a goodbye, which a server that is sending does not hear: it rolls back whatever is open.
  const hangUp = () => void client.connection.stream.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    await client.connect();
    await client.query(SAME_TEXT);
    await client.query(begin);
    const value = await work(client);
    await client.query('COMMIT');
    await client.end();
    return value;
  } catch (error) {
    hangUp();
    signal.throwIfAborted();
    throw lost ?? error;
  } finally {
    signal.removeEventListener('abort', hangUp);
  }
}
