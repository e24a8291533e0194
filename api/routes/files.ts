import { CallAnswers, GuardAnswers, RenewingAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { FilesAnswer, FilesBody, filesOf } from '../../contract/files.ts';
import { LeaseIdHeader, SessionParams } from '../../contract/parts.ts';
import { QUICK_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { leaseIdOf, setLeaseHeaders } from '../lease-headers.ts';

const schema = {
  operationId: 'trackFiles',
  summary: 'Put files under the lease, which this renews.',
  tags: ['leases'],
  params: SessionParams,
  headers: LeaseIdHeader,
  body: FilesBody,
  response: {
    200: FilesAnswer,
    ...GuardAnswers,
    ...CallAnswers,
    ...RenewingAnswers,
    409: ErrorAnswer('FILE_BEING_DELETED', 'LEASE_FULL', 'LEASE_REPLACED'),
  },
};

/** `POST /session/{id}/files` */
export function filesRoute(app: App, { leases }: ApiDeps): void {
  app.post('/session/:session_id/files', { schema, config: { compatible: true } }, async (request, reply) => {
    const { session_id: sessionId } = request.params;
    const tracking = leases.track({
      sessionId,
      leaseId: leaseIdOf(request),
      requestId: request.id,
      ...filesOf(request.body),
    });
    const tracked = await within(QUICK_LIMIT_MS, 'LEDGER_UNAVAILABLE', tracking);
    setLeaseHeaders(reply, tracked);
    return { tracked: tracked.tracked };
  });
}
