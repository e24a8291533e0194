import type { Db } from '../open.ts';

export interface AccountInUse {
  readonly accountId: number;
  readonly provider: string;
  readonly baseUrl: string;
  /** Bytes of all stores of the last valid listing, whoever they belong to. */
  readonly usageBytes: number;
  /** When that listing was made, in epoch milliseconds; null before the first one. */
  readonly listedAtMs: number | null;
}

interface Row {
  readonly account_id: number;
  readonly provider: string;
  readonly base_url: string;
  readonly usage_bytes: number;
  readonly listed_at_ms: number | null;
}

const STATEMENT = {
  name: 'accounts-in-use',
  text: `
SELECT account_id, provider, base_url,
  (SELECT coalesce(sum(usage_bytes), 0)::float8 FROM listed_store t WHERE t.account_id = a.account_id) AS usage_bytes,
  (SELECT (extract(epoch FROM started_at) * 1000)::float8 FROM sweep_run r
    WHERE r.account_id = a.account_id AND r.valid ORDER BY run_id DESC LIMIT 1) AS listed_at_ms
FROM account a
WHERE account_id = $1 OR account_id = ANY (ARRAY(SELECT DISTINCT account_id FROM lease WHERE state <> 'closed'))
ORDER BY account_id`,
};

/** The given account, and every other one that a lease which is not closed belongs to. */
export async function accountsInUse(db: Db, accountId: number): Promise<readonly AccountInUse[]> {
  const rows = await db.rows<Row>(STATEMENT, [accountId]);
  return rows.map((row) => ({
    accountId: row.account_id,
    provider: row.provider,
    baseUrl: row.base_url,
    usageBytes: row.usage_bytes,
    listedAtMs: row.listed_at_ms,
  }));
}
