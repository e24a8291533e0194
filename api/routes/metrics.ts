import { Type } from 'typebox';
import { GuardAnswers } from '../../contract/answers.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'metrics',
  summary: 'Metrics of this process and gauges over the ledger, for Prometheus.',
  tags: ['health'],
  response: {
    200: {
      description: 'Prometheus text format.',
      content: { 'text/plain': { schema: Type.String({ examples: ['loiter_killer_ledger_up 1'] }) } },
    },
    ...GuardAnswers,
  },
};

/** `GET /metrics` */
export function metricsRoute(app: App, { metrics }: ApiDeps): void {
  app.get('/metrics', { schema }, async (_request, reply) => {
    const text = await metrics.render();
    return reply.header('content-type', metrics.contentType).send(text);
  });
}
