import type { Db } from '../open.ts';

const RECORD = {
  name: 'account-proven',
  text: `INSERT INTO account_proof (old_account_id, new_account_id) VALUES ($1, $2) ON CONFLICT DO NOTHING`,
};
const READ = {
  name: 'account-proof',
  text: `SELECT 1 FROM account_proof WHERE old_account_id = $1 AND new_account_id = $2`,
};

/** Records that something made under the old account was seen through the new one. */
export async function recordAccountProof(db: Db, oldId: number, newId: number): Promise<void> {
  await db.rows(RECORD, [oldId, newId]);
}

/** Whether a 404 of the new account says anything about objects of the old one. */
export async function hasAccountProof(db: Db, oldId: number, newId: number): Promise<boolean> {
  return oldId === newId || (await db.rows(READ, [oldId, newId])).length > 0;
}
