import type { Db } from '../open.ts';

const PROVE = {
  name: 'prove-accounts',
  text: `
INSERT INTO account_proof (old_account_id, new_account_id)
SELECT DISTINCT s.account_id, $3::integer FROM store s
WHERE s.provider = $1 AND s.base_url = $2 AND s.store_id = ANY ($4::text[]) AND s.account_id <> $3
  AND EXISTS (SELECT FROM lease l WHERE l.lease_id = s.lease_id AND NOT l.registered OFFSET 0)
ON CONFLICT DO NOTHING`,
};
const SAME = {
  name: 'accounts-proven',
  text: `SELECT old_account_id FROM account_proof WHERE new_account_id = $1`,
};

/**
 * A listing through the present key that shows stores made through an old one proves that both open the same account.
 * A registered store proves nothing: whoever registered it may use a key of another account.
 */
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
