import { ErrorAnswer } from '../../contract/errors.ts';
import { SweepAnswer, SweepQuery } from '../../contract/sweep.ts';
import type { ApiDeps, App } from '../deps.ts';
import { answerOf, RUN_ANSWERS } from '../job-run.ts';
import { describeSweep } from '../sweep-view.ts';

const schema = {
  operationId: 'sweep',
  summary: 'Compare the provider with the ledger now. A dry run unless dry_run=false.',
  tags: ['operations'],
  querystring: SweepQuery,
  response: {
    200: SweepAnswer,
    ...RUN_ANSWERS,
    409: ErrorAnswer('SWEEP_RUNNING'),
  },
};

/** `POST /sweep`: the same workflow as the scheduled one, so that it runs in a worker and is seen in Temporal. */
export function sweepRoute(app: App, { sweep, settings }: ApiDeps): void {
  app.post('/sweep', { schema, config: { access: 'operator' } }, async (request, reply) => {
    const { code, body } = await answerOf(settings, sweep(request.query.dry_run ?? true));
    return code === 200 ? describeSweep(body) : reply.code(code).send(body);
  });
}
