import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'stores-of-account',
  text: `
SELECT s.store_id FROM store s
WHERE s.account_id = $1 AND s.store_id = ANY ($2::text[])
  AND EXISTS (SELECT FROM lease l WHERE l.lease_id = s.lease_id AND NOT l.registered OFFSET 0)`,
};

/** Which of the stores were made under the given account; who registered one may use a key of another. */
export async function storesOfAccount(
  db: Db,
  accountId: number,
  storeIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await db.rows<{ store_id: string }>(STATEMENT, [accountId, storeIds]);
  return rows.map((row) => row.store_id);
}
