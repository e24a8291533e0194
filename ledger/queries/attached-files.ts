import type { KeptFile } from '../../domain/attached-files.ts';
import type { Db } from '../open.ts';
import { DRAINING } from '../states.ts';

/** The state of an attached file nobody has decided on; a parameter, as in `states.ts`. */
export const FOUND = 'found';

/** A file found in a store of a lease and not yet decided on. Times are epoch milliseconds. */
export interface FoundFile {
  readonly fileId: string;
  readonly createdAtMs: number | null;
  readonly storeCreatedAtMs: number;
  readonly leaseEndedAtMs: number;
  /** Milliseconds since it was attached, where the provider told, else since it was found. */
  readonly ageMs: number;
  readonly notFoundForMs: number | null;
  /** Seen in a store by the last complete look through all of them, or since. */
  readonly attachedElsewhere: boolean;
}

interface Row {
  readonly file_id: string;
  readonly created_at_ms: number | null;
  readonly store_created_at_ms: number;
  readonly lease_ended_at_ms: number;
  readonly age_ms: number;
  readonly not_found_for_ms: number | null;
  readonly attached_elsewhere: boolean;
}

const SELECT = `
SELECT a.file_id, (extract(epoch FROM a.created_at) * 1000)::float8 AS created_at_ms,
  (extract(epoch FROM i.store_created_at) * 1000)::float8 AS store_created_at_ms,
  (extract(epoch FROM l.ended_at) * 1000)::float8 AS lease_ended_at_ms,
  (extract(epoch FROM clock_timestamp() - coalesce(a.attached_at, a.found_at)) * 1000)::float8 AS age_ms,
  (extract(epoch FROM clock_timestamp() - a.not_found_at) * 1000)::float8 AS not_found_for_ms,
  coalesce(a.seen_at >= p.proven_from, false) AS attached_elsewhere
FROM attached_file a
  JOIN lease l ON l.lease_id = a.lease_id
  JOIN store s ON s.lease_id = a.lease_id AND s.store_id = a.store_id
  JOIN attached_listing i ON i.provider = s.provider AND i.base_url = s.base_url AND i.store_id = s.store_id
  LEFT JOIN account_listing p ON p.account_id = $4
WHERE a.lease_id = $1 AND l.state = $6 AND a.state = $2 AND a.file_id > $3`;
const ORDER = `ORDER BY a.file_id LIMIT $5`;

const FOUND_FILES = {
  name: 'attached-found',
  text: `${SELECT} ${ORDER} FOR UPDATE OF a FOR SHARE OF l`,
};
const UNDATED = {
  name: 'attached-undated',
  text: `${SELECT} AND a.created_at IS NULL ${ORDER}`,
};

export interface FoundPage {
  readonly leaseId: string;
  /** Whose look through all stores counts. */
  readonly accountId: number;
  readonly afterFileId: string;
  readonly limit: number;
}

function valuesOf(page: FoundPage): readonly unknown[] {
  return [page.leaseId, FOUND, page.afterFileId, page.accountId, page.limit, DRAINING];
}

function toFound(row: Row): FoundFile {
  return {
    fileId: row.file_id,
    createdAtMs: row.created_at_ms,
    storeCreatedAtMs: row.store_created_at_ms,
    leaseEndedAtMs: row.lease_ended_at_ms,
    ageMs: row.age_ms,
    notFoundForMs: row.not_found_for_ms,
    attachedElsewhere: row.attached_elsewhere,
  };
}

/** The next undecided files of a draining lease in the order of their ids; it cannot be closed until the end. */
export async function lockFoundFiles(db: Db, page: FoundPage): Promise<readonly FoundFile[]> {
  return (await db.rows<Row>(FOUND_FILES, valuesOf(page))).map(toFound);
}

/** The next undecided files of which it is not known when they were created. */
export async function undatedFiles(db: Db, page: FoundPage): Promise<readonly FoundFile[]> {
  return (await db.rows<Row>(UNDATED, valuesOf(page))).map(toFound);
}

const DATED = {
  name: 'attached-dated',
  text: `
UPDATE attached_file SET created_at = to_timestamp($3::float8 / 1000), not_found_at = NULL
WHERE lease_id = $1 AND file_id = $2 AND state = $4`,
};
const NOT_FOUND = {
  name: 'attached-not-found',
  text: `
UPDATE attached_file SET not_found_at = coalesce(not_found_at, clock_timestamp())
WHERE lease_id = $1 AND file_id = $2 AND state = $3`,
};
const GONE = {
  name: 'attached-gone',
  text: `UPDATE attached_file SET state = 'gone' WHERE lease_id = $1 AND file_id = $2 AND state = $3`,
};

/** Records when the provider says that the file was uploaded. */
export async function dateFile(
  db: Db,
  file: { readonly leaseId: string; readonly fileId: string; readonly createdAtMs: number },
): Promise<void> {
  await db.rows(DATED, [file.leaseId, file.fileId, file.createdAtMs, FOUND]);
}

/** Records the first 404 for a file that is too young for one to be proof. */
export async function attachedNotFound(db: Db, leaseId: string, fileId: string): Promise<void> {
  await db.rows(NOT_FOUND, [leaseId, fileId, FOUND]);
}

/** Records the proof that the file is gone without our doing. */
export async function attachedGone(db: Db, leaseId: string, fileId: string): Promise<void> {
  await db.rows(GONE, [leaseId, fileId, FOUND]);
}

const KEEP = {
  name: 'attached-keep',
  text: `
UPDATE attached_file SET state = 'kept', reason = t.reason
FROM unnest($2::text[], $3::text[]) AS t (id, reason)
WHERE lease_id = $1 AND file_id = t.id AND state = $4`,
};

/** Writes down that these files are left alone, and why. Needs their row locks. */
export async function keepAttached(db: Db, leaseId: string, files: readonly KeptFile[]): Promise<void> {
  const [ids, reasons] = [files.map((file) => file.fileId), files.map((file) => file.reason)];
  await db.rows(KEEP, [leaseId, ids, reasons, FOUND]);
}

const KEEP_ALL = {
  name: 'attached-keep-all',
  text: `UPDATE attached_file SET state = 'kept', reason = $2 WHERE lease_id = $1 AND state = $3`,
};

/** Leaves every undecided file of the lease alone, for the same reason. */
export async function keepAllAttached(db: Db, leaseId: string, reason: KeptFile['reason']): Promise<void> {
  await db.rows(KEEP_ALL, [leaseId, reason, FOUND]);
}

const DOOM = {
  name: 'attached-doom',
  text: `
WITH doomed AS (
  UPDATE attached_file SET state = 'doomed'
  FROM unnest($2::text[], $3::bigint[]) AS t (id, file_key)
  WHERE lease_id = $1 AND file_id = t.id AND state = $4
  RETURNING file_id, t.file_key
)
INSERT INTO lease_entry (lease_id, kind, entry_hash, entry, file_key)
SELECT $1, 'attached', sha256(convert_to(file_id, 'UTF8')), file_id, file_key FROM doomed
ON CONFLICT DO NOTHING`,
};

/** Makes files that are marked for deletion entries of the lease, so that its drain deletes and proves them. */
export async function doomAttached(
  db: Db,
  leaseId: string,
  files: readonly { readonly fileId: string; readonly fileKey: string }[],
): Promise<void> {
  const [ids, keys] = [files.map((file) => file.fileId), files.map((file) => file.fileKey)];
  await db.rows(DOOM, [leaseId, ids, keys, FOUND]);
}
