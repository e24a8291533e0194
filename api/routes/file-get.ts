import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { FileAnswer, FileParams, FileQuery } from '../../contract/uploaded-files.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { describeFile } from '../file-view.ts';

const { 422: invalid, 503: unavailable } = CallAnswers;
const schema = {
  operationId: 'getFile',
  summary: 'Look at an uploaded file and at everybody who holds it.',
  tags: ['files'],
  params: FileParams,
  querystring: FileQuery,
  response: {
    200: FileAnswer,
    ...GuardAnswers,
    404: ErrorAnswer('FILE_NOT_FOUND'),
    409: ErrorAnswer('FILE_ID_AMBIGUOUS'),
    422: invalid,
    503: unavailable,
  },
};

/** `GET /files/{id}` */
export function fileGetRoute(app: App, { files }: ApiDeps): void {
  app.get('/files/:file_id', { schema }, async (request) => {
    const { file_id: fileId } = request.params;
    const getting = files.get({ fileId, provider: request.query.provider ?? null });
    return describeFile(await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', getting));
  });
}
