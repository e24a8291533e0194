import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { RunStartedAnswer } from '../../contract/jobs.ts';
import { SweepAnswer, SweepQuery } from '../../contract/sweep.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeSweep } from '../sweep-view.ts';

const { 413: tooLarge, 422: invalid } = CallAnswers;
const schema = {
  operationId: 'sweep',
  summary: 'Compare the provider with the ledger now. A dry run unless dry_run=false.',
  tags: ['operations'],
  querystring: SweepQuery,
  response: {
    200: SweepAnswer,
    202: RunStartedAnswer,
    ...OperatorAnswers,
    409: ErrorAnswer('SWEEP_RUNNING'),
    413: tooLarge,
    422: invalid,
    503: ErrorAnswer('TEMPORAL_UNAVAILABLE'),
  },
};

/** `POST /sweep`: the same workflow as the scheduled one, so that it runs in a worker and is seen in Temporal. */
export function sweepRoute(app: App, { sweep }: ApiDeps): void {
  app.post('/sweep', { schema, config: { access: 'operator' } }, async (request, reply) => {
    const run = await sweep(request.query.dry_run ?? true);
    if ('result' in run) return describeSweep(run.result);
    return reply.code(202).send({ workflow_id: run.workflowId, workflow_url: run.workflowUrl });
  });
}
