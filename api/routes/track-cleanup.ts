import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { TrackCleanupAnswer, TrackCleanupBody } from '../../contract/track-cleanup.ts';
import type { ApiDeps, App } from '../deps.ts';

const { 413: tooLarge, 422: invalid } = CallAnswers;
const schema = {
  operationId: 'trackCleanup',
  summary: 'Report what a cleanup of cached results came to; it is shown in the metrics.',
  tags: ['operations'],
  body: TrackCleanupBody,
  response: { 200: TrackCleanupAnswer, ...GuardAnswers, 413: tooLarge, 422: invalid },
};

/** `POST /track/cleanup`: what `METRICS_URL` of another service leads to. */
export function trackCleanupRoute(app: App, { metrics }: ApiDeps): void {
  app.post('/track/cleanup', { schema }, (request) => {
    metrics.reports.tracked(request.body);
    return { status: 'tracked' as const };
  });
}
