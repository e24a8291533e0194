import type { Db } from '../open.ts';
import { ANSWERS } from '../upload-answers.ts';

/** Where equal content is looked for. */
export interface Place {
  readonly accountId: number;
  readonly purpose: string;
}

/** What one place has of a content. */
export interface Sight {
  /** The file that the provider was last seen to have; null where none answers for the content. */
  readonly hit: {
    readonly fileKey: string;
    readonly fileId: string;
    /** Milliseconds since it was seen. */
    readonly unseenForMs: number;
  } | null;
  /** An upload of it is under way. */
  readonly claimed: boolean;
  /** Whoever sends that one has not been heard of in time. */
  readonly silent: boolean;
}

interface Row {
  readonly file_key: string | null;
  readonly provider_file_id: string;
  readonly unseen_for_ms: number | null;
  readonly claimed: boolean;
  readonly silent: boolean;
}

const STATEMENT = {
  name: 'upload-look',
  text: `
SELECT hit.file_key, hit.provider_file_id, hit.unseen_for_ms,
  claim.silent IS NOT NULL AS claimed, coalesce(claim.silent, false) AS silent
FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS place (account_id, purpose, n)
LEFT JOIN LATERAL (
  SELECT u.file_key, u.provider_file_id,
    (extract(epoch FROM clock_timestamp() - u.verified_at) * 1000)::float8 AS unseen_for_ms
  FROM provider_file_uploads u JOIN file f USING (file_key)
  WHERE u.account_id = place.account_id AND u.purpose = place.purpose AND u.sha256 = $3 AND ${ANSWERS}
    AND u.file_key <> ALL ($4::bigint[])
  ORDER BY u.verified_at DESC NULLS LAST LIMIT 1) hit ON true
LEFT JOIN LATERAL (
  SELECT sender_until < clock_timestamp() AS silent FROM provider_file_uploads c
  WHERE c.account_id = place.account_id AND c.purpose = place.purpose AND c.sha256 = $3 AND c.claims) claim ON true
ORDER BY place.n`,
};

/** What each place has of the content, in the order of the places; files of the keys in `not` are passed over. */
export async function lookForContent(
  db: Db,
  places: readonly Place[],
  content: { readonly sha256: string; readonly not: readonly string[] },
): Promise<readonly Sight[]> {
  const rows = await db.rows<Row>(STATEMENT, [
    places.map(({ accountId }) => accountId),
    places.map(({ purpose }) => purpose),
    content.sha256,
    content.not,
  ]);
  return rows.map((row) => ({
    hit:
      row.file_key === null
        ? null
        : {
            fileKey: row.file_key,
            fileId: row.provider_file_id,
            unseenForMs: row.unseen_for_ms ?? Infinity,
          },
    claimed: row.claimed,
    silent: row.silent,
  }));
}
