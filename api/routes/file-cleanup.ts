import { ErrorAnswer } from '../../contract/errors.ts';
import { FileRunAnswer, FileRunQuery } from '../../contract/file-runs.ts';
import type { RetentionWish } from '../../files/contract.ts';
import type { ApiDeps, App } from '../deps.ts';
import { answerOf, RUN_ANSWERS } from '../job-run.ts';

const schemaOf = (operationId: string, summary: string) => ({
  operationId,
  summary,
  tags: ['operations'],
  querystring: FileRunQuery,
  response: {
    200: FileRunAnswer,
    ...RUN_ANSWERS,
    409: ErrorAnswer('JOB_RUNNING'),
  },
});

const RETENTION = schemaOf('cleanupFiles', 'Let go of every uploaded file that retention allows to, now.');
const ORPHANS = schemaOf('cleanupOrphanedFiles', 'Clear failed uploads, and what got lost of them, now.');

/** `POST /files/cleanup`, `POST /files/orphans/cleanup`: the same workflows as the scheduled ones. */
export function fileCleanupRoutes(app: App, { startFileRun, settings }: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  const add = (url: string, kind: RetentionWish['kind'], schema: typeof RETENTION): void => {
    app.post(url, { schema, config }, async (request, reply) => {
      const starting = startFileRun({ kind, dryRun: request.query.dry_run ?? false });
      const { code, body } = await answerOf(settings, starting);
      return code === 200 ? { ...body, errors: [...body.errors] } : reply.code(code).send(body);
    });
  };
  add('/files/cleanup', 'retention', RETENTION);
  add('/files/orphans/cleanup', 'orphans', ORPHANS);
}
