import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { LeaseAnswer } from '../../contract/lease.ts';
import { SessionParams } from '../../contract/parts.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeLease } from '../lease-view.ts';

const { 422: invalid, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'getSession',
  summary: 'Look at the lease of a session without renewing it.',
  tags: ['operations'],
  params: SessionParams,
  response: {
    200: LeaseAnswer,
    ...GuardAnswers,
    404: ErrorAnswer('SESSION_NOT_FOUND'),
    422: invalid,
    503: unavailable,
  },
};

/** `GET /session/{id}` */
export function sessionRoute(app: App, { leases, settings }: ApiDeps): void {
  app.get('/session/:session_id', { schema }, async (request) => {
    const getting = leases.get(request.params.session_id);
    return describeLease(await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', getting), settings);
  });
}
