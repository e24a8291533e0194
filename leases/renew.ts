import type { Held, RenewRequest } from './contract.ts';
import type { OftenDeps } from './deps.ts';
import { fenceOf, leaseTimes, toHeld } from './held.ts';
import { whyNotLive } from './not-live.ts';

/** Extends the live lease to at least a full lease from now. */
export async function renew(deps: OftenDeps, request: RenewRequest): Promise<Held> {
  const { sessionId, requestId } = request;
  const fence = fenceOf(request.leaseId);
  const row = await deps.often.renew({ sessionId, leaseId: fence, ...leaseTimes(deps.settings) });
  if (row === undefined) throw await whyNotLive(deps.ledger, sessionId, fence);
  deps.meter.renewed(row.written);
  deps.log.info({
    event: 'lease_renewed',
    session_id: sessionId,
    lease_id: row.leaseId,
    request_id: requestId,
    written: row.written,
  });
  return toHeld(row, deps.settings);
}
