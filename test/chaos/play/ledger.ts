/** What an aftermath asks the ledger for past the service. */
import { Client } from 'pg';

/** One statement on a connection of its own. */
export async function askLedger<R extends object>(
  databaseUrl: string,
  sql: string,
  values: readonly unknown[],
): Promise<R[]> {
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<R>(sql, [...values])).rows;
  } finally {
    await client.end();
  }
}

/** What sessions and users of a schedule are called, as a pattern for LIKE. */
export const ofSchedule = (seed: number): string => `chaos-${seed}-%`;
