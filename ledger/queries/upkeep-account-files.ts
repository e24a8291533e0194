import type { Db } from '../open.ts';

const MADE = {
  name: 'upkeep-made-under-account',
  text: `
SELECT provider_file_id FROM file
WHERE provider = $1 AND base_url = $2 AND provider_file_id = ANY ($3::text[]) AND account_id = $4 AND uploaded`,
};
const HAS_ANY = {
  name: 'upkeep-account-has-files',
  text: `SELECT file_key FROM file WHERE account_id = $1 AND uploaded AND provider_deleted_at IS NULL LIMIT 1`,
};
/** One that was just made may be missing from listings for a while; one that is about to go may be missing, too. */
const EXPECTED = {
  name: 'upkeep-expected-files',
  text: `
SELECT provider_file_id FROM file
WHERE account_id = ANY ($1::int[]) AND uploaded AND provider_deleted_at IS NULL
  AND deleted_at IS NULL AND tracked_at < now() - interval '5 min'
LIMIT $2`,
};

/** Which of the files at that place were uploaded by us under the account. */
export async function uploadedUnder(
  db: Db,
  account: { readonly provider: string; readonly baseUrl: string; readonly accountId: number },
  fileIds: readonly string[],
): Promise<readonly string[]> {
  const values = [account.provider, account.baseUrl, fileIds, account.accountId];
  const rows = await db.rows<{ provider_file_id: string }>(MADE, values);
  return rows.map((row) => row.provider_file_id);
}

/** Whether anything uploaded under the account is not proven gone. */
export async function hasUploads(db: Db, accountId: number): Promise<boolean> {
  return (await db.rows(HAS_ANY, [accountId])).length > 0;
}

/** At most `limit` uploaded files of the accounts that a complete listing has to show. */
export async function expectedFiles(
  db: Db,
  accountIds: readonly number[],
  limit: number,
): Promise<readonly string[]> {
  const rows = await db.rows<{ provider_file_id: string }>(EXPECTED, [accountIds, limit]);
  return rows.map((row) => row.provider_file_id);
}
