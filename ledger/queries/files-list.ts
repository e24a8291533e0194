import type { UploadStatus } from '../../domain/upload.ts';
import { createdUs, isAfter, type Position } from '../cursor.ts';
import type { Db } from '../open.ts';
import {
  FILES_DUE,
  isStuck,
  toUpload,
  unsettledStuck,
  uploadColumns,
  UPLOADS,
  type UploadRow,
  type UploadView,
} from '../upload-row.ts';

export interface ListUploadsInput {
  /** An upload that could not be settled for this long is stuck. */
  readonly stuckAfterMs: number;
  readonly status: UploadStatus | null;
  readonly provider: string | null;
  /** Null = from the newest. */
  readonly after: Position | null;
  readonly limit: number;
}

export interface ListedUpload {
  readonly upload: UploadView;
  readonly position: Position;
}

/** Nulls filter nothing. */
const FILTERED = `
  ($2::text IS NULL OR u.upload_status = $2) AND ($3::text IS NULL OR u.provider = $3)
  AND ${isAfter('u.created_at, u.upload_id', '$4', '$5')}
ORDER BY u.created_at DESC, u.upload_id DESC LIMIT $6`;
const SELECTED = `SELECT ${uploadColumns('$1')}, ${createdUs('u.created_at')} AS created_us FROM ${UPLOADS}`;

const ALL = {
  name: 'files-list',
  text: `${SELECTED} WHERE NOT ($7::boolean AND ${isStuck('$1')}) AND ${FILTERED}`,
};
/** Few among many: found by the indexes over what is to be deleted and what is not settled. */
const STUCK = {
  name: 'files-list-stuck',
  text: `
WITH stuck AS MATERIALIZED (
  SELECT u.upload_id FROM ${FILES_DUE} AS f
  CROSS JOIN LATERAL (SELECT * FROM provider_file_uploads WHERE file_key = f.file_key OFFSET 0) AS u
  WHERE f.stuck_at IS NOT NULL AND u.deleted_at IS NOT NULL AND u.provider_deleted_at IS NULL
  UNION
  SELECT u.upload_id FROM provider_file_uploads u WHERE ${unsettledStuck('$1')}
)
${SELECTED} WHERE u.upload_id IN (SELECT upload_id FROM stuck) AND ${FILTERED}`,
};

type ListedRow = UploadRow & { readonly created_us: string };

const toListed = (row: ListedRow): ListedUpload => ({
  upload: toUpload(row),
  position: { createdUs: row.created_us, id: row.upload_id },
});

function valuesOf({ stuckAfterMs, status, provider, after, limit }: ListUploadsInput): unknown[] {
  return [stuckAfterMs, status, provider, after?.createdUs ?? null, after?.id ?? null, limit];
}

/** Uploads, newest first; without those that are stuck where `others`. */
export async function listUploads(
  db: Db,
  input: ListUploadsInput,
  others: boolean,
): Promise<readonly ListedUpload[]> {
  return (await db.rows<ListedRow>(ALL, [...valuesOf(input), others])).map(toListed);
}

/** Uploads that are stuck, newest first. */
export async function listStuckUploads(db: Db, input: ListUploadsInput): Promise<readonly ListedUpload[]> {
  return (await db.rows<ListedRow>(STUCK, valuesOf(input))).map(toListed);
}
