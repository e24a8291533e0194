import { ServiceError } from '../domain/errors.ts';
import { abandonedOfSession } from '../ledger/queries/abandoned-of-session.ts';
import { leaseDetail } from '../ledger/queries/lease-detail.ts';
import { listLeases, type LeasePosition } from '../ledger/queries/list-leases.ts';
import type { LeaseDetail, LeasePage, ListRequest } from './contract.ts';
import type { LeaseDeps } from './deps.ts';

const CURSOR = /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d(?::\d\d)?) ([0-9a-f-]{36})$/;

function toCursor(position: LeasePosition): string {
  return Buffer.from(`${position.createdAt} ${position.leaseId}`).toString('base64url');
}

function fromCursor(cursor: string): LeasePosition {
  const [, createdAt, leaseId] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (createdAt === undefined || leaseId === undefined) {
    throw new ServiceError('REQUEST_INVALID', { detail: 'The cursor is not one this service gave out.' });
  }
  return { createdAt, leaseId };
}

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
