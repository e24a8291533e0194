import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { CleanupAnswer } from '../../contract/end.ts';
import { MARGIN_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const { 413: tooLarge, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'cleanup',
  summary: 'End every lease that is due now, and wait a while for its deletion.',
  tags: ['operations'],
  response: { 200: CleanupAnswer, ...GuardAnswers, 413: tooLarge, 503: unavailable },
};

/** `POST /cleanup` */
export function cleanupRoute(app: App, { leases, settings }: ApiDeps): void {
  const limitMs = settings.cleanupWaitMs + MARGIN_MS;
  app.post('/cleanup', { schema }, async () => ({
    cleaned: await within(limitMs, 'LEDGER_UNAVAILABLE', leases.cleanup(settings.cleanupWaitMs)),
  }));
}
