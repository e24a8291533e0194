import type { Db } from '../open.ts';

/** First halves of the keys of advisory locks: apart from each other, and from locks with one key. */
const OF_USERS = 5_183_926;
const OF_ACCOUNTS = 5_183_927;

const USER = {
  name: 'upload-lock-user',
  text: `SELECT pg_try_advisory_xact_lock($1::int, hashtext($2)) AS locked`,
};
const ACCOUNT = {
  name: 'upload-lock-account',
  text: `SELECT pg_try_advisory_xact_lock($1::int, $2::int) AS locked`,
};
const FILE = {
  name: 'upload-lock-file',
  text: `
SELECT deleted_at IS NOT NULL AS marked FROM file WHERE file_key = $1 FOR NO KEY UPDATE`,
};

/**
 * Until the transaction ends, nobody else adds to what counts for the user. False: somebody does at the moment. Nobody
 * waits for it here, where he would keep a connection that renewals could use.
 */
export async function lockUser(db: Db, userId: string): Promise<boolean> {
  const [row] = await db.rows<{ locked: boolean }>(USER, [OF_USERS, userId]);
  return row?.locked === true;
}

/** The same for the places of an account that uploads take. */
export async function lockAccount(db: Db, accountId: number): Promise<boolean> {
  const [row] = await db.rows<{ locked: boolean }>(ACCOUNT, [OF_ACCOUNTS, accountId]);
  return row?.locked === true;
}

/** Locks the file against marking; resolves with whether it is marked for deletion, `undefined` where there is none. */
export async function lockFile(db: Db, fileKey: string): Promise<{ marked: boolean } | undefined> {
  const [row] = await db.rows<{ marked: boolean }>(FILE, [fileKey]);
  return row;
}
