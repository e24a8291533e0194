import type { Db } from '../open.ts';

const PROVE = {
  name: 'prove-accounts',
  text: `
INSERT INTO account_proof (old_account_id, new_account_id)
SELECT DISTINCT account_id, $3::integer FROM store
WHERE provider = $1 AND base_url = $2 AND store_id = ANY ($4::text[]) AND account_id <> $3
ON CONFLICT DO NOTHING`,
};
const SAME = {
  name: 'accounts-proven',
  text: `SELECT old_account_id FROM account_proof WHERE new_account_id = $1`,
};

/** A listing through the present key that shows stores of an old one proves that both open the same account. */
export async function proveAccounts(
  db: Db,
  present: { readonly provider: string; readonly baseUrl: string; readonly accountId: number },
  storeIds: readonly string[],
): Promise<void> {
  await db.rows(PROVE, [present.provider, present.baseUrl, present.accountId, storeIds]);
}

/** The ledger's rows of the account that the present key opens: its own, and those proven to be the same. */
export async function accountsOf(db: Db, accountId: number): Promise<readonly number[]> {
  const rows = await db.rows<{ old_account_id: number }>(SAME, [accountId]);
  return [accountId, ...rows.map((row) => row.old_account_id)];
}
