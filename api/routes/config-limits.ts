import { GuardAnswers } from '../../contract/answers.ts';
import { LimitsAnswer } from '../../contract/config.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'configLimits',
  summary: 'What uploads and the calls of MCP servers have to keep to.',
  tags: ['configuration'],
  response: { 200: LimitsAnswer, ...GuardAnswers },
};

/** `GET /config/limits` */
export function configLimitsRoute(app: App, { settings }: ApiDeps): void {
  app.get('/config/limits', { schema }, () => Promise.resolve(settings.limits));
}
