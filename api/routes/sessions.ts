import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { SessionsAnswer, SessionsQuery } from '../../contract/lease.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { summarizeLease } from '../lease-view.ts';

const { 422: invalid, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'listSessions',
  summary: 'List leases, newest first.',
  tags: ['operations'],
  querystring: SessionsQuery,
  response: {
    200: SessionsAnswer,
    ...GuardAnswers,
    400: ErrorAnswer('REQUEST_INVALID'),
    422: invalid,
    503: unavailable,
  },
};

/** `GET /sessions` */
export function sessionsRoute(app: App, { leases, settings }: ApiDeps): void {
  app.get('/sessions', { schema }, async (request) => {
    const { state, stuck, abandoned, cursor, limit } = request.query;
    const listing = leases.list({
      state: state ?? null,
      stuck: stuck ?? null,
      abandoned: abandoned ?? null,
      cursor: cursor ?? null,
      limit,
    });
    const page = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', listing);
    return {
      leases: page.leases.map((lease) => summarizeLease(lease, settings)),
      next_cursor: page.nextCursor,
    };
  });
}
