import { CallAnswers, GuardAnswers, RenewingAnswers } from '../../contract/answers.ts';
import { LeaseIdHeader, SessionParams } from '../../contract/parts.ts';
import { RenewAnswer } from '../../contract/renew.ts';
import { QUICK_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { leaseIdOf, setLeaseHeaders } from '../lease-headers.ts';

const schema = {
  operationId: 'renew',
  summary: 'Keep the lease for at least its full length from now.',
  tags: ['leases'],
  params: SessionParams,
  headers: LeaseIdHeader,
  response: { 200: RenewAnswer, ...GuardAnswers, ...CallAnswers, ...RenewingAnswers },
};

/** `POST /session/{id}/renew` */
export function renewRoute(app: App, { leases }: ApiDeps): void {
  app.post('/session/:session_id/renew', { schema, config: { compatible: true } }, async (request, reply) => {
    const { session_id: sessionId } = request.params;
    const renewing = leases.renew({ sessionId, leaseId: leaseIdOf(request), requestId: request.id });
    setLeaseHeaders(reply, await within(QUICK_LIMIT_MS, 'LEDGER_UNAVAILABLE', renewing));
    return { status: 'renewed' as const };
  });
}
