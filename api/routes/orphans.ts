import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { OrphansAnswer, OrphansQuery } from '../../contract/sweep.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeStray, describeSweep } from '../sweep-view.ts';

const { 422: invalid, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'listOrphans',
  summary: 'List what the last sweep found that no lease looks after.',
  tags: ['operations'],
  querystring: OrphansQuery,
  response: {
    200: OrphansAnswer,
    ...GuardAnswers,
    400: ErrorAnswer('REQUEST_INVALID'),
    422: invalid,
    503: unavailable,
  },
};

/** `GET /orphans` */
export function orphansRoute(app: App, { leases }: ApiDeps): void {
  app.get('/orphans', { schema }, async (request) => {
    const { kind, cursor, limit } = request.query;
    const listing = leases.orphans({ kind: kind ?? null, cursor: cursor ?? null, limit });
    const page = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', listing);
    return {
      last_run: page.lastRun && describeSweep(page.lastRun),
      counts: { ...page.counts },
      stores: page.stores.map(describeStray),
      next_cursor: page.nextCursor,
    };
  });
}
