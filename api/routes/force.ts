import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { ForceAnswer, ForceBody } from '../../contract/force.ts';
import { SessionParams } from '../../contract/parts.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'force',
  summary: 'Give up what is stuck of a session.',
  tags: ['operations'],
  params: SessionParams,
  body: ForceBody,
  response: {
    200: ForceAnswer,
    ...OperatorAnswers,
    ...CallAnswers,
    404: ErrorAnswer('SESSION_NOT_FOUND'),
    409: ErrorAnswer('NOT_STUCK'),
  },
};

/** `POST /session/{id}/force` */
export function forceRoute(app: App, { leases }: ApiDeps): void {
  const config = { access: 'operator' } as const;
  app.post('/session/:session_id/force', { schema, config }, async (request) => {
    const { by, reason } = request.body;
    const { session_id: sessionId } = request.params;
    const forcing = leases.force({ sessionId, by, reason, requestId: request.id });
    const given = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', forcing);
    return {
      forced: given.map((one) => ({
        lease_id: one.leaseId,
        vector_store_ids: [...one.storeIds],
        file_ids: [...one.fileIds],
        may_have_more: one.uncertain,
      })),
    };
  });
}
