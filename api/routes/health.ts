import { GuardAnswers } from '../../contract/answers.ts';
import { HealthAnswer } from '../../contract/health.ts';
import type { App } from '../deps.ts';
import { sendJson } from '../send-json.ts';

const HEALTHY = JSON.stringify({ status: 'healthy' });
const { 403: forbidden } = GuardAnswers;

const schema = {
  operationId: 'health',
  summary: 'Whether the process answers, whatever else is down.',
  tags: ['health'],
  security: [],
  response: { 200: HealthAnswer, 403: forbidden },
};

/** `GET /health` */
export function healthRoute(app: App): void {
  app.get('/health', { schema, config: { access: 'open', rateLimit: false } }, (_request, reply) => {
    sendJson(reply, 200, HEALTHY);
  });
}
