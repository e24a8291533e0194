import { fromCursor, toCursor } from '../../ledger/cursor.ts';
import { listStuckUploads, listUploads } from '../../ledger/queries/files-list.ts';
import type { FilePage, ListFilesRequest } from '../contract.ts';
import type { FileDeps } from '../deps.ts';
import { stuckAfterMs } from './stuck-after.ts';

/** One page of uploads, newest first. Throws `REQUEST_INVALID` for a cursor that cannot be read. */
export async function listPage({ ledger, settings }: FileDeps, request: ListFilesRequest): Promise<FilePage> {
  const { status, provider, stuck, cursor, limit } = request;
  const after = cursor === null ? null : fromCursor(cursor);
  const wish = { stuckAfterMs: stuckAfterMs(settings), status, provider, after, limit: limit + 1 };
  const rows =
    stuck === true ? await listStuckUploads(ledger, wish) : await listUploads(ledger, wish, stuck === false);
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return {
    uploads: page.map(({ upload }) => upload),
    nextCursor: rows.length > page.length && last !== undefined ? toCursor(last.position) : null,
  };
}
