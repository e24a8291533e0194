import { AcquireAnswer, AcquireBody } from '../../contract/acquire.ts';
import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { SessionParams } from '../../contract/parts.ts';
import { MARGIN_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { setLeaseHeaders } from '../lease-headers.ts';

const schema = {
  operationId: 'acquire',
  summary: 'Get the vector store of a session, made where it has none.',
  tags: ['leases'],
  params: SessionParams,
  body: AcquireBody,
  response: {
    200: AcquireAnswer,
    ...GuardAnswers,
    ...CallAnswers,
    429: ErrorAnswer('CAPACITY_EXHAUSTED', 'RATE_LIMITED'),
    502: ErrorAnswer('PROVIDER_REFUSED'),
    503: ErrorAnswer(
      'LEDGER_UNAVAILABLE',
      'PROVIDER_UNAVAILABLE',
      'PROVIDER_THROTTLED',
      'PROVIDER_HAS_NO_STORES',
      'ACCOUNT_CHANGED',
    ),
    504: ErrorAnswer('ACQUIRE_TIMEOUT'),
  },
};

/** `POST /session/{id}/acquire` */
export function acquireRoute(app: App, { leases, settings }: ApiDeps): void {
  const limitMs = settings.acquireTimeoutMs + MARGIN_MS;
  app.post('/session/:session_id/acquire', { schema }, async (request, reply) => {
    const { session_id: sessionId } = request.params;
    // An absent body has no type of its own in the schema.
    const body = request.body as typeof request.body | undefined;
    const protect = body?.protected ?? false;
    const acquiring = leases.acquire({ sessionId, protect, requestId: request.id });
    const acquired = await within(limitMs, 'ACQUIRE_TIMEOUT', acquiring);
    setLeaseHeaders(reply, acquired);
    return {
      vector_store_id: acquired.vectorStoreId,
      reused: acquired.reused,
      files: [...acquired.files],
      file_paths: [...acquired.filePaths],
    };
  });
}
