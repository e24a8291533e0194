import type { Static } from 'typebox';
import { OperatorAnswers } from '../../contract/answers.ts';
import { ErrorAnswer } from '../../contract/errors.ts';
import { BackupListAnswer, BackupsAnswer } from '../../contract/jobs.ts';
import { NoQuery } from '../../contract/parts.ts';
import { within } from '../deadline.ts';
import type { ApiDeps, App } from '../deps.ts';
import { RUN_ANSWERS, runJob } from '../job-run.ts';

const tags = ['operations'];
/** As long as a job waits for a directory: a disk that answers does so in milliseconds. */
const LIST_LIMIT_MS = 2_000;
const MAKE = {
  operationId: 'makeBackups',
  summary: 'Back up the ledger and the SQLite checkpoint database, now.',
  tags,
  querystring: NoQuery,
  response: { 200: BackupsAnswer, ...RUN_ANSWERS },
};
const LIST = {
  operationId: 'listBackups',
  summary: 'The finished backups, newest first.',
  tags,
  response: { 200: BackupListAnswer, ...OperatorAnswers, 503: ErrorAnswer('BACKUPS_UNAVAILABLE') },
};

/** `GET /backups`, `POST /backups`. */
export function backupsRoutes(app: App, deps: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  app.get('/backups', { schema: LIST, config }, async () => [
    ...(await within(LIST_LIMIT_MS, 'BACKUPS_UNAVAILABLE', deps.jobs.backups())),
  ]);
  app.post('/backups', { schema: MAKE, config }, async (_request, reply) => {
    const run = await runJob<Static<typeof BackupsAnswer>>(deps, 'backups');
    return reply.code(run.code).send(run.body);
  });
}
