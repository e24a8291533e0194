import type { Db } from '../open.ts';

/** First halves of the keys of advisory locks: apart from each other, and from locks with one key. */
const OF_USERS = 5_183_926;
const OF_ACCOUNTS = 5_183_927;

const USER = {
  name: 'upload-lock-user',
  text: `SELECT pg_advisory_xact_lock($1::int, hashtext($2))`,
};
const ACCOUNT = {
  name: 'upload-lock-account',
  text: `SELECT pg_advisory_xact_lock($1::int, $2::int)`,
};
const FILE = {
  name: 'upload-lock-file',
  text: `
SELECT deleted_at IS NOT NULL AS marked FROM file WHERE file_key = $1 FOR NO KEY UPDATE`,
};

/**
 * Until the transaction ends, nobody else adds to what counts for the user. Before the locks of accounts, leases and
 * files: nobody who has one of those waits for this one.
 */
export async function lockUser(db: Db, userId: string): Promise<void> {
  await db.rows(USER, [OF_USERS, userId]);
}

/** Until the transaction ends, nobody else takes a place of the account for an upload. After the user's lock. */
export async function lockAccount(db: Db, accountId: number): Promise<void> {
  await db.rows(ACCOUNT, [OF_ACCOUNTS, accountId]);
}

/** Locks the file against marking; resolves with whether it is marked for deletion, `undefined` where there is none. */
export async function lockFile(db: Db, fileKey: string): Promise<{ marked: boolean } | undefined> {
  const [row] = await db.rows<{ marked: boolean }>(FILE, [fileKey]);
  return row;
}
