import { ServiceError } from '../domain/errors.ts';
import { fromCursor, toCursor } from '../ledger/cursor.ts';
import { abandonedOfSession } from '../ledger/queries/abandoned-of-session.ts';
import { leaseDetail } from '../ledger/queries/lease-detail.ts';
import { listLeases } from '../ledger/queries/list-leases.ts';
import type { LeaseDetail, LeasePage, ListRequest } from './contract.ts';
import type { LeaseDeps } from './deps.ts';

/** The session's live lease, else its newest. */
export async function getLease(deps: LeaseDeps, sessionId: string): Promise<LeaseDetail> {
  const lease = await leaseDetail(deps.ledger, sessionId);
  if (lease === undefined) throw new ServiceError('SESSION_NOT_FOUND');
  return { ...lease, abandoned: await abandonedOfSession(deps.ledger, sessionId) };
}

/** One page of leases, newest first. */
export async function listPage(deps: LeaseDeps, request: ListRequest): Promise<LeasePage> {
  const rows = await listLeases(deps.ledger, {
    state: request.state,
    stuck: request.stuck,
    abandoned: request.abandoned,
    after: request.cursor === null ? null : fromCursor(request.cursor),
    limit: request.limit + 1,
  });
  const page = rows.slice(0, request.limit);
  const last = page.at(-1);
  return {
    leases: page.map((row) => row.lease),
    nextCursor: rows.length > page.length && last !== undefined ? toCursor(last.position) : null,
  };
}
