import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { FilesListAnswer, FilesQuery } from '../../contract/uploaded-files.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeUpload } from '../file-view.ts';

const { 422: invalid, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'listFiles',
  summary: 'List uploads, newest first.',
  tags: ['files'],
  querystring: FilesQuery,
  response: {
    200: FilesListAnswer,
    ...GuardAnswers,
    400: ErrorAnswer('REQUEST_INVALID'),
    422: invalid,
    503: unavailable,
  },
};

/** `GET /files` */
export function fileListRoute(app: App, { files }: ApiDeps): void {
  app.get('/files', { schema }, async (request) => {
    const { status, provider, stuck, cursor, limit } = request.query;
    const listing = files.list({
      status: status ?? null,
      provider: provider ?? null,
      stuck: stuck ?? null,
      cursor: cursor ?? null,
      limit,
    });
    const page = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', listing);
    return { uploads: page.uploads.map(describeUpload), next_cursor: page.nextCursor };
  });
}
