import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { FileStatsAnswer } from '../../contract/file-stats.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeFileStats } from '../file-view.ts';

const { 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'fileStats',
  summary: 'What was uploaded to each provider, and what deduplication has saved.',
  tags: ['files'],
  response: { 200: FileStatsAnswer, ...GuardAnswers, 503: unavailable },
};

/** `GET /files/stats` */
export function fileStatsRoute(app: App, { files }: ApiDeps): void {
  app.get('/files/stats', { schema }, async () =>
    describeFileStats(await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', files.stats())),
  );
}
