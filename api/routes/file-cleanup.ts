import { CallAnswers, OperatorAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { FileRunAnswer, FileRunQuery } from '../../contract/file-runs.ts';
import { RunStartedAnswer } from '../../contract/jobs.ts';
import type { RetentionWish } from '../../files/contract.ts';
import { within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';

/** What a run gets on top of the wait for its report: its start, which has a limit of its own. */
const START_MARGIN_MS = 6_000;

const { 413: tooLarge, 422: invalid } = CallAnswers;
const schemaOf = (operationId: string, summary: string) => ({
  operationId,
  summary,
  tags: ['operations'],
  querystring: FileRunQuery,
  response: {
    200: FileRunAnswer,
    202: RunStartedAnswer,
    ...OperatorAnswers,
    409: ErrorAnswer('JOB_RUNNING'),
    413: tooLarge,
    422: invalid,
    503: ErrorAnswer('TEMPORAL_UNAVAILABLE'),
  },
});

const RETENTION = schemaOf('cleanupFiles', 'Let go of every uploaded file that retention allows to, now.');
const ORPHANS = schemaOf('cleanupOrphanedFiles', 'Clear failed uploads, and what got lost of them, now.');

/** `POST /files/cleanup`, `POST /files/orphans/cleanup`: the same workflows as the scheduled ones. */
export function fileCleanupRoutes(app: App, { startFileRun, settings }: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  const limitMs = settings.cleanupWaitMs + START_MARGIN_MS;
  const add = (url: string, kind: RetentionWish['kind'], schema: typeof RETENTION): void => {
    app.post(url, { schema, config }, async (request, reply) => {
      const starting = startFileRun({ kind, dryRun: request.query.dry_run ?? false });
      const run = await within(limitMs, 'TEMPORAL_UNAVAILABLE', starting);
      if ('result' in run) return { ...run.result, errors: [...run.result.errors] };
      return reply.code(202).send({ workflow_id: run.workflowId, workflow_url: run.workflowUrl });
    });
  };
  add('/files/cleanup', 'retention', RETENTION);
  add('/files/orphans/cleanup', 'orphans', ORPHANS);
}
