import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { TimeoutsAnswer, TimeoutsQuery } from '../../contract/config.ts';
import { timeoutChain, type TimeoutChain } from '../../domain/timeouts.ts';
import type { ApiDeps, App } from '../deps.ts';

const { 422: invalid } = CallAnswers;
const schema = {
  operationId: 'configTimeouts',
  summary: 'How long a client, and what is between it and a tool, should wait for a model.',
  tags: ['configuration'],
  querystring: TimeoutsQuery,
  response: { 200: TimeoutsAnswer, ...GuardAnswers, 422: invalid },
};

function describeChain(model: string | null, chain: TimeoutChain): TimeoutsAnswer {
  return {
    model,
    multiplier: chain.multiplier,
    tool_seconds: chain.toolMs / 1000,
    workflow_seconds: chain.workflowMs / 1000,
    daemon_seconds: chain.daemonMs / 1000,
    shim_seconds: chain.shimMs / 1000,
    client_seconds: chain.clientMs / 1000,
  };
}

/** `GET /config/timeouts` */
export function configTimeoutsRoute(app: App, { settings }: ApiDeps): void {
  app.get('/config/timeouts', { schema }, ({ query }) => {
    const model = query.model === undefined || query.model === '' ? null : query.model;
    return Promise.resolve(describeChain(model, timeoutChain(settings.toolTimeouts, model)));
  });
}
