import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'lease-forecast',
  text: `
SELECT width_bucket(extract(epoch FROM expires_at - clock_timestamp())::float8, $2::float8[])::int AS bucket,
  count(*)::int AS leases
FROM lease WHERE state = 'active' AND account_id = $1 AND expires_at IS NOT NULL
GROUP BY 1`,
};

/** How many leases in use fall due within each of the given times (seconds, ascending), unless they are renewed. */
export async function leaseForecast(
  db: Db,
  accountId: number,
  withinSeconds: readonly number[],
): Promise<readonly number[]> {
  const rows = await db.rows<{ bucket: number; leases: number }>(STATEMENT, [accountId, withinSeconds]);
  return withinSeconds.map((_seconds, index) =>
    rows.filter(({ bucket }) => bucket <= index).reduce((sum, { leases }) => sum + leases, 0),
  );
}
