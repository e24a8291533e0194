import { GuardAnswers } from '../../contract/answers.ts';
import { NotReadyAnswer, ReadyAnswer } from '../../contract/health.ts';
import type { ApiDeps, App } from '../deps.ts';
import { identifyCaller } from '../tokens.ts';

const { 403: forbidden } = GuardAnswers;

const schema = {
  operationId: 'ready',
  summary: 'Whether every component answers.',
  tags: ['health'],
  security: [{}, { bearer: [] }],
  response: { 200: ReadyAnswer, 403: forbidden, 503: NotReadyAnswer },
};

/** `GET /health/ready`; the details are for callers with a token, where there is one. */
export function readyRoute(app: App, { readiness, settings }: ApiDeps): void {
  const callerOf = identifyCaller(settings);
  const config = { access: 'open', rateLimit: false } as const;
  app.get('/health/ready', { schema, config }, async (request, reply) => {
    const components = await readiness();
    const isReady = Object.values(components).every(({ ok }) => ok);
    const mayKnow = settings.apiToken === undefined || callerOf(request.headers.authorization) !== 'anyone';
    const status = isReady ? ('ready' as const) : ('not_ready' as const);
    reply.code(isReady ? 200 : 503);
    return mayKnow ? { status, components } : { status };
  });
}
