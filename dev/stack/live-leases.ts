import { Client } from 'pg';

const TIMEOUT_MS = 2_000;

/** How many leases are live in the ledger; null where it cannot tell. */
export async function countLiveLeases(databaseUrl: string): Promise<number | null> {
  const client = new Client({
    connectionString: databaseUrl,
    connectionTimeoutMillis: TIMEOUT_MS,
    query_timeout: TIMEOUT_MS,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const answer = await client.query<{ live: number }>(
      "SELECT count(*)::integer AS live FROM lease WHERE state IN ('provisioning', 'active')",
    );
    return answer.rows[0]?.live ?? null;
  } catch {
    return null;
  } finally {
    await client.end().catch(() => undefined);
  }
}
