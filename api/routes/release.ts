import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { ReleaseAnswer, ReleaseQuery } from '../../contract/end.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { LeaseIdHeader, SessionParams } from '../../contract/parts.ts';
import { QUICK_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { leaseIdOf } from '../lease-headers.ts';

const schema = {
  operationId: 'release',
  summary: 'End the lease now.',
  tags: ['leases'],
  params: SessionParams,
  querystring: ReleaseQuery,
  headers: LeaseIdHeader,
  response: {
    202: ReleaseAnswer,
    ...OperatorAnswers,
    ...CallAnswers,
    404: ErrorAnswer('SESSION_NOT_FOUND'),
    409: ErrorAnswer('LEASE_PROTECTED', 'LEASE_REPLACED'),
  },
};

/** `POST /session/{id}/release` */
export function releaseRoute(app: App, { leases }: ApiDeps): void {
  const config = { access: 'operator-if-forced' } as const;
  app.post('/session/:session_id/release', { schema, config }, async (request, reply) => {
    const { session_id: sessionId } = request.params;
    const force = request.query.force ?? false;
    const releasing = leases.release({
      sessionId,
      force,
      leaseId: leaseIdOf(request),
      requestId: request.id,
    });
    await within(QUICK_LIMIT_MS, 'LEDGER_UNAVAILABLE', releasing);
    reply.code(202);
    return { status: 'releasing' as const };
  });
}
