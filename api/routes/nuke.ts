import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { NukeAnswer, NukeQuery } from '../../contract/end.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { ServiceError } from '../../domain/errors.ts';
import { MARGIN_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'nuke',
  summary: 'End every lease, protected ones too. Off unless ALLOW_NUKE=true.',
  tags: ['operations'],
  querystring: NukeQuery,
  response: {
    200: NukeAnswer,
    ...OperatorAnswers,
    ...CallAnswers,
    403: ErrorAnswer('NUKE_DISABLED', 'OPERATOR_ONLY', 'HOST_FORBIDDEN'),
  },
};

/** `POST /nuke` */
export function nukeRoute(app: App, { leases, settings }: ApiDeps): void {
  const { allowNuke, cleanupWaitMs } = settings;
  app.post('/nuke', { schema, config: { access: 'operator' } }, async (request) => {
    if (!allowNuke) throw new ServiceError('NUKE_DISABLED');
    const nuking = leases.nuke(request.query.registered ?? false, cleanupWaitMs);
    const { sessions, stores } = await within(cleanupWaitMs + MARGIN_MS, 'LEDGER_UNAVAILABLE', nuking);
    return {
      sessions_deleted: sessions,
      vector_stores_deleted: stores,
      message: `Successfully nuked ${sessions} sessions and ${stores} vector stores with all their files`,
    };
  });
}
