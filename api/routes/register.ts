import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { SessionParams } from '../../contract/parts.ts';
import { RegisterAnswer, RegisterBody } from '../../contract/register.ts';
import { MARGIN_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'register',
  summary: 'Put an existing vector store under lease.',
  tags: ['leases'],
  params: SessionParams,
  body: RegisterBody,
  response: {
    200: RegisterAnswer,
    ...GuardAnswers,
    ...CallAnswers,
    409: ErrorAnswer('STORE_LEASED'),
    503: ErrorAnswer('LEDGER_UNAVAILABLE', 'PROVIDER_HAS_NO_STORES'),
    504: ErrorAnswer('ACQUIRE_TIMEOUT'),
  },
};

/** `POST /session/{id}/register`; waits for a lease that is just being made, as an acquire does. */
export function registerRoute(app: App, { leases, settings }: ApiDeps): void {
  const limitMs = settings.acquireTimeoutMs + MARGIN_MS;
  app.post('/session/:session_id/register', { schema }, async (request) => {
    const { vector_store_id: vectorStoreId, protected: protect } = request.body;
    const { session_id: sessionId } = request.params;
    const registering = leases.register({ sessionId, vectorStoreId, protect, requestId: request.id });
    const registered = await within(limitMs, 'ACQUIRE_TIMEOUT', registering);
    return registered.status === 'registered'
      ? { status: registered.status }
      : { status: registered.status, existing_store_id: registered.existingStoreId };
  });
}
