import type { Db, Statement } from '../open.ts';
import { SELECTIONS, type Selection } from '../retention.ts';
import { COMPLETED, LIVE } from '../states.ts';

const FAILED_STATUS = 'failed';

/** What ended, and the files that it held, each once. */
export interface EndedUploads {
  readonly count: number;
  readonly fileKeys: readonly string[];
  /** Bytes of a file, by its key. */
  readonly bytes: ReadonlyMap<string, number>;
}

/** The selection once more, on the locked row itself: what was used or leased meanwhile stays. */
function end({ own, within, due }: Selection, reason: string): string {
  return `
UPDATE provider_file_uploads u
SET upload_status = 'deleted', deleted_at = clock_timestamp(), deletion_reason = '${reason}', claims = false
WHERE u.upload_id = ANY ($1::uuid[]) AND u.upload_status = $2 AND ${own} AND ${within} AND ${due}
RETURNING u.file_key, u.file_size_bytes::float8 AS bytes`;
}

const LAPSED = {
  name: 'retention-end-lapsed',
  text: end(SELECTIONS.lapsed({ states: '$3', days: '' }), 'expired'),
};
const LEFTOVER = {
  name: 'retention-end-leftover',
  text: end(SELECTIONS.leftover({ states: '$3', days: '' }), 'lease_ended'),
};
const UNUSED = {
  name: 'retention-end-unused',
  text: end(SELECTIONS.unused({ states: '$3', days: '$4' }), 'expired'),
};
const FAILED = {
  name: 'retention-end-failed',
  text: end(SELECTIONS.failed({ states: '', days: '$3' }), 'orphaned'),
};

async function run(db: Db, statement: Statement, values: readonly unknown[]): Promise<EndedUploads> {
  const rows = await db.rows<{ file_key: string | null; bytes: number }>(statement, values);
  const bytes = new Map(rows.flatMap((row) => (row.file_key === null ? [] : [[row.file_key, row.bytes]])));
  return { count: rows.length, fileKeys: [...bytes.keys()], bytes };
}

/** Ends those of the uploads that are due still. Like the others, it needs the locks of their files. */
export function endLapsed(db: Db, uploadIds: readonly string[]): Promise<EndedUploads> {
  return run(db, LAPSED, [uploadIds, COMPLETED, LIVE]);
}

/** As {@link endLapsed}. */
export function endLeftover(db: Db, uploadIds: readonly string[]): Promise<EndedUploads> {
  return run(db, LEFTOVER, [uploadIds, COMPLETED, LIVE]);
}

/** As {@link endLapsed}, for those unused for `days`. */
export function endUnused(db: Db, uploadIds: readonly string[], days: number): Promise<EndedUploads> {
  return run(db, UNUSED, [uploadIds, COMPLETED, LIVE, days]);
}

/** As {@link endLapsed}, for those that failed `days` ago, which have no file. */
export function endFailed(db: Db, uploadIds: readonly string[], days: number): Promise<EndedUploads> {
  return run(db, FAILED, [uploadIds, FAILED_STATUS, days]);
}
