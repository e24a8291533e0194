import type { Db, Statement } from '../open.ts';
import { SELECTIONS, type Selection } from '../retention.ts';
import { LIVE } from '../states.ts';

/** The place of a row in the order of its part. */
export interface Position {
  readonly at: string;
  readonly uploadId: string;
}
export const FROM_THE_START: Position = { at: '-infinity', uploadId: '00000000-0000-0000-0000-000000000000' };

export interface RetentionPage {
  /** The last row of the page before. */
  readonly after: Position;
  readonly limit: number;
  /** How long ago; ignored by the parts that go by none. */
  readonly days: number;
}

/** An upload that a part of retention looks at. */
export interface RetentionRow {
  readonly uploadId: string;
  /** Null where the provider never had a file of it. */
  readonly fileKey: string | null;
  readonly bytes: number;
  /** Whether it ends. */
  readonly due: boolean;
  /** Whether its file goes with it, those before it in this order having ended. */
  readonly lastHolder: boolean;
  readonly position: Position;
}

interface Row {
  readonly upload_id: string;
  readonly file_key: string | null;
  readonly bytes: number;
  readonly at: string;
  readonly due: boolean;
  readonly last_holder: boolean;
}

/** So many rows of the index, whatever becomes of them: one that is held costs its page no longer statement. */
function page({ rows, at, within, due, last }: Selection): string {
  return `
WITH page AS MATERIALIZED (
  SELECT * FROM provider_file_uploads u
  WHERE ${rows} AND ${within} AND (u.${at}, u.upload_id) > ($1::timestamptz, $2::uuid)
  ORDER BY u.${at}, u.upload_id LIMIT $3
)
SELECT u.upload_id, u.file_key, u.file_size_bytes::float8 AS bytes, u.${at}::text AS at,
  ${due} AS due, ${last} AS last_holder
FROM page u ORDER BY u.${at}, u.upload_id`;
}

const LAPSED = {
  name: 'retention-lapsed',
  text: page(SELECTIONS.lapsed({ states: '$4', days: '' })),
};
const LEFTOVER = {
  name: 'retention-leftover',
  text: page(SELECTIONS.leftover({ states: '$4', days: '' })),
};
const UNUSED = {
  name: 'retention-unused',
  text: page(SELECTIONS.unused({ states: '$4', days: '$5' })),
};
const FAILED = {
  name: 'retention-failed',
  text: page(SELECTIONS.failed({ states: '', days: '$4' })),
};

async function select(
  db: Db,
  { after, limit }: RetentionPage,
  { statement, values }: { readonly statement: Statement; readonly values: readonly unknown[] },
): Promise<readonly RetentionRow[]> {
  const rows = await db.rows<Row>(statement, [after.at, after.uploadId, limit, ...values]);
  return rows.map((row) => ({
    uploadId: row.upload_id,
    fileKey: row.file_key,
    bytes: row.bytes,
    due: row.due,
    lastHolder: row.last_holder,
    position: { at: row.at, uploadId: row.upload_id },
  }));
}

/** Uploads whose time at the provider is over, the first to lapse first. Like the others, it locks and changes nothing. */
export function selectLapsed(db: Db, wanted: RetentionPage): Promise<readonly RetentionRow[]> {
  return select(db, wanted, { statement: LAPSED, values: [LIVE] });
}

/** Uploads made for leases, the longest unused first; due are those that no live lease holds. */
export function selectLeftover(db: Db, wanted: RetentionPage): Promise<readonly RetentionRow[]> {
  return select(db, wanted, { statement: LEFTOVER, values: [LIVE] });
}

/** Plain uploads that nobody has used for `days`, the longest unused first. */
export function selectUnused(db: Db, wanted: RetentionPage): Promise<readonly RetentionRow[]> {
  return select(db, wanted, { statement: UNUSED, values: [LIVE, wanted.days] });
}

/** Failed uploads older than `days`, the oldest first; due are those of which nothing can be at the provider. */
export function selectFailed(db: Db, wanted: RetentionPage): Promise<readonly RetentionRow[]> {
  return select(db, wanted, { statement: FAILED, values: [wanted.days] });
}
