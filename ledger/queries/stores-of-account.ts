import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'stores-of-account',
  text: `SELECT store_id FROM store WHERE account_id = $1 AND store_id = ANY ($2::text[])`,
};

/** Which of the listed stores were made under the given account. */
export async function storesOfAccount(
  db: Db,
  accountId: number,
  storeIds: readonly string[],
): Promise<readonly string[]> {
  const rows = await db.rows<{ store_id: string }>(STATEMENT, [accountId, storeIds]);
  return rows.map((row) => row.store_id);
}
