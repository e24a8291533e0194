import type { Db } from '../open.ts';
import type { Permit } from './take-permits.ts';

/** The permits first: whoever takes one meets the rows in this order, too. */
const STATEMENT = {
  name: 'give-permits-back',
  text: `
WITH returned AS (
  UPDATE provider_permit p SET expires_at = clock_timestamp()
  FROM unnest($2::int[], $3::bigint[]) AS r (slot, term)
  WHERE p.account_id = $1 AND p.slot = r.slot AND p.term = r.term
  RETURNING p.slot
)
UPDATE provider_limit SET failed_targets = '{}'
WHERE account_id = $1 AND $4 AND open_until IS NULL AND failed_targets <> '{}' AND (SELECT count(*) FROM returned) >= 0`,
};

/** Frees permits that are still the caller's; `worked`: a call with one of them ended a row of failures. */
export async function givePermitsBack(
  db: Db,
  accountId: number,
  back: { readonly permits: readonly Permit[]; readonly worked: boolean },
): Promise<void> {
  const slots = back.permits.map(({ slot }) => slot);
  const terms = back.permits.map(({ term }) => term);
  await db.rows(STATEMENT, [accountId, slots, terms, back.worked]);
}
