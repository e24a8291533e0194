import { CallAnswers, GuardAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { DropAnswer, DropQuery, FileParams } from '../../contract/uploaded-files.ts';
import { ANONYMOUS } from '../../domain/upload.ts';
import { PLAIN_LIMIT_MS, within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

const schema = {
  operationId: 'deleteFile',
  summary: "End a user's hold on a file, which is deleted where nobody else holds it.",
  tags: ['files'],
  params: FileParams,
  querystring: DropQuery,
  response: {
    200: DropAnswer,
    ...GuardAnswers,
    ...CallAnswers,
    404: ErrorAnswer('FILE_NOT_FOUND'),
    409: ErrorAnswer('FILE_IN_USE', 'FILE_ID_AMBIGUOUS'),
  },
};

/** `DELETE /files/{id}` */
export function fileDropRoute(app: App, { files }: ApiDeps): void {
  app.delete('/files/:file_id', { schema }, async (request) => {
    const { provider, user_id: user } = request.query;
    const dropping = files.drop({
      fileId: request.params.file_id,
      provider: provider ?? null,
      userId: user === undefined || user === '' ? ANONYMOUS : user,
      requestId: request.id,
    });
    const { status } = await within(PLAIN_LIMIT_MS, 'LEDGER_UNAVAILABLE', dropping);
    return { status };
  });
}
