import { ServiceError } from '../../domain/errors.ts';
import type { ListedKind } from '../../domain/listed-store.ts';
import { countListed, lastValidSweepMs, listStrays } from '../../ledger/queries/list-strays.ts';
import { lastRun } from '../../ledger/queries/sweep-run.ts';
import type { OrphanPage, OrphansRequest, SweepState } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { reportOf } from './finish.ts';

/** All that no lease looks after. */
const STRAYS: readonly ListedKind[] = [
  'orphan',
  'ledger_lost',
  'deleted',
  'deleting',
  'abandoned',
  'foreign',
];

function fromCursor(cursor: string | null): string {
  if (cursor === null) return '';
  const storeId = Buffer.from(cursor, 'base64url').toString('utf8');
  if (storeId === '' || storeId.includes('\0')) {
    throw new ServiceError('REQUEST_INVALID', { detail: 'The cursor is not one this service gave out.' });
  }
  return storeId;
}

/** What the last valid sweep found that no lease looks after, page by page, and how the last run went. */
export async function listOrphans(deps: LeaseDeps, request: OrphansRequest): Promise<OrphanPage> {
  const { ledger, accountId } = deps;
  const { provider, baseUrl } = deps.provider.account;
  const which = { accountId, provider, baseUrl, kinds: request.kind === null ? STRAYS : [request.kind] };
  const after = fromCursor(request.cursor);
  const rows = await listStrays(ledger, which, { after, limit: request.limit + 1 });
  const stores = rows.slice(0, request.limit);
  const last = stores.at(-1);
  const run = await lastRun(ledger, accountId);
  return {
    lastRun: run === undefined ? null : reportOf(run),
    counts: await countListed(ledger, accountId),
    stores,
    nextCursor:
      rows.length > stores.length && last !== undefined
        ? Buffer.from(last.storeId).toString('base64url')
        : null,
  };
}

/** For the metrics. */
export async function sweepState(deps: LeaseDeps): Promise<SweepState> {
  return {
    lastSuccessMs: await lastValidSweepMs(deps.ledger, deps.accountId),
    listed: await countListed(deps.ledger, deps.accountId),
  };
}
