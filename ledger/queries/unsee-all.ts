import type { Db } from '../open.ts';

const STATEMENT = {
  name: 'unsee-all',
  text: `
UPDATE lease SET wanted_version = wanted_version + 1, changed_at = clock_timestamp(), wake_at = clock_timestamp()
WHERE state <> 'closed'`,
};

/** Makes every lease that is not closed unseen: Temporal has lost its memory. */
export async function unseeAll(db: Db): Promise<void> {
  await db.rows(STATEMENT, []);
}
