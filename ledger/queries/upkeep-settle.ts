import type { Db } from '../open.ts';

/** The upload is settled by nobody yet. */
const OPEN = `upload_status = 'failed' AND uncertain`;

const EMPTY = {
  name: 'upkeep-empty-listing',
  text: `
UPDATE provider_file_uploads SET
  empty_listings = least($3, empty_listings
    + (coalesce(last_listing_at, '-infinity') <= clock_timestamp() - $2::float8 * interval '1 ms')::int),
  last_listing_at = CASE WHEN coalesce(last_listing_at, '-infinity') <= clock_timestamp() - $2::float8 * interval '1 ms'
    THEN clock_timestamp() ELSE last_listing_at END,
  candidates = '{}', attempts = 0, next_try_at = clock_timestamp() + $2::float8 * interval '1 ms'
WHERE upload_id = $1 AND ${OPEN}
RETURNING empty_listings`,
};
const ABSENT = {
  name: 'upkeep-absent',
  text: `
UPDATE provider_file_uploads SET uncertain = false, next_try_at = NULL, last_error = $3
WHERE upload_id = $1 AND ${OPEN} AND empty_listings >= $2
RETURNING upload_id`,
};
const LEFT = {
  name: 'upkeep-left-open',
  text: `
UPDATE provider_file_uploads SET candidates = $2, last_error = $3, attempts = attempts + 1,
  empty_listings = CASE WHEN $5 THEN 0 ELSE empty_listings END,
  next_try_at = clock_timestamp() + $4::float8 * interval '1 ms'
WHERE upload_id = $1 AND ${OPEN}`,
};
const PUT_OFF = {
  name: 'upkeep-put-off-uploads',
  text: `
UPDATE provider_file_uploads SET next_try_at = clock_timestamp() + $2::float8 * interval '1 ms'
WHERE upload_id = ANY ($1::uuid[]) AND ${OPEN}`,
};

/**
 * Counts a complete listing that shows nothing that could be the upload; one within `gapMs` of the last is not counted.
 * After `needed` of them the provider does not have it. Resolves with whether that is so.
 */
export async function recordEmptyListing(
  db: Db,
  uploadId: string,
  rule: { readonly needed: number; readonly gapMs: number; readonly told: string },
): Promise<boolean> {
  await db.rows(EMPTY, [uploadId, rule.gapMs, rule.needed]);
  return (await db.rows(ABSENT, [uploadId, rule.needed, rule.told])).length > 0;
}

/** Why an upload is not settled, and when to look again. */
export interface LeftOpen {
  /** Files of which one may be it; as many as a person can look through. */
  readonly candidates: readonly string[];
  /** Such files were seen: what was counted of listings without any is void. */
  readonly seen: boolean;
  readonly error: string;
  readonly waitMs: number;
}

export async function leaveOpen(db: Db, uploadId: string, why: LeftOpen): Promise<void> {
  await db.rows(LEFT, [uploadId, why.candidates, why.error, why.waitMs, why.seen]);
}

/** Gives back what was claimed and not looked at, or has to wait for something. */
export async function putOffUploads(db: Db, uploadIds: readonly string[], waitMs: number): Promise<void> {
  await db.rows(PUT_OFF, [uploadIds, waitMs]);
}
