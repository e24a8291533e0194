import { ServiceError } from '../domain/errors.ts';
import { safeErrorText } from '../domain/redact.ts';
import { abandonFiles } from '../ledger/queries/abandon-files.ts';
import { abandonStores } from '../ledger/queries/abandon-stores.ts';
import { abandonedOfSession } from '../ledger/queries/abandoned-of-session.ts';
import { beginForce } from '../ledger/queries/begin-force.ts';
import { forceClose } from '../ledger/queries/force-close.ts';
import { lockLeaseFiles } from '../ledger/queries/lock-lease-files.ts';
import { lookAtSession } from '../ledger/queries/look-at-session.ts';
import type { ForceRequest, GivenUp } from './contract.ts';
import type { LeaseDeps } from './deps.ts';

/** Files given up by one transaction: short enough for the ledger's time limit. */
const PAGE = 1_000;
/** Ids in one line of the log. */
const IDS_A_LINE = 200;
/** A file whose other lease closed between the look and the close is met again on the next round. */
const ROUNDS = 3;

/** Two statements: the second begins after the locks are held, so it sees every holder that got in before. */
async function abandonPage(
  deps: LeaseDeps,
  leaseId: string,
  afterFileId: string,
): Promise<string | undefined> {
  return deps.ledger.transaction(async (db) => {
    const files = await lockLeaseFiles(db, leaseId, { afterFileId, limit: PAGE });
    const keys = files.map((file) => file.fileKey);
    if (keys.length > 0) await abandonFiles(db, leaseId, keys);
    return files.at(-1)?.fileId;
  });
}

async function closeForced(deps: LeaseDeps, leaseId: string): Promise<boolean> {
  return deps.ledger.transaction(async (db) => {
    if (!(await forceClose(db, leaseId))) return false;
    await abandonStores(db, leaseId);
    return true;
  });
}

async function forceOne(deps: LeaseDeps, leaseId: string): Promise<boolean> {
  for (let round = 0; round < ROUNDS; round += 1) {
    let afterFileId: string | undefined = '';
    while (afterFileId !== undefined) afterFileId = await abandonPage(deps, leaseId, afterFileId);
    if (await closeForced(deps, leaseId)) return true;
  }
  return false;
}

/** Every id that was given up stands in the log, however many lines that takes. */
function tell(deps: LeaseDeps, request: ForceRequest, given: GivenUp): void {
  const lines = Math.max(1, Math.ceil(given.fileIds.length / IDS_A_LINE));
  for (let line = 0; line < lines; line += 1) {
    deps.log.warn({
      event: 'lease_forced',
      session_id: request.sessionId,
      lease_id: given.leaseId,
      request_id: request.requestId,
      by: request.by,
      reason: request.reason,
      vector_store_ids: line === 0 ? given.storeIds : [],
      file_ids: given.fileIds.slice(line * IDS_A_LINE, (line + 1) * IDS_A_LINE),
      may_have_more: given.uncertain,
      line: line + 1,
      lines,
    });
  }
}

/**
 * Gives up what is stuck of a session, for an operator: the stuck leases are closed, their stores and files stay
 * listed and are never deleted. Live leases, drains that work, and files that another lease has are left alone.
 *
 * @throws ServiceError `NOT_STUCK` where nothing is stuck. What was begun and not finished is finished by a repeat.
 */
export async function force(deps: LeaseDeps, wish: ForceRequest): Promise<readonly GivenUp[]> {
  const request = { ...wish, by: safeErrorText(wish.by), reason: safeErrorText(wish.reason) };
  const { sessionId } = request;
  const stuck = await beginForce(deps.ledger, request);
  if (stuck.length === 0) {
    const known = (await lookAtSession(deps.ledger, sessionId)) !== undefined;
    throw new ServiceError(known ? 'NOT_STUCK' : 'SESSION_NOT_FOUND');
  }
  const closed = new Map<string, boolean>();
  for (const { leaseId, uncertain } of stuck) {
    if (await forceOne(deps, leaseId)) closed.set(leaseId, uncertain);
  }
  deps.notifier.changed(sessionId);
  const abandoned = await abandonedOfSession(deps.ledger, sessionId);
  const given = abandoned.flatMap(({ leaseId, storeIds, fileIds }): GivenUp[] => {
    const uncertain = closed.get(leaseId);
    return uncertain === undefined ? [] : [{ leaseId, storeIds, fileIds, uncertain }];
  });
  for (const one of given) tell(deps, request, one);
  return given;
}
