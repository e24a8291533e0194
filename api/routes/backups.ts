import type { Static } from 'typebox';
import { OperatorAnswers } from '../../contract/answers.ts';
import { BackupListAnswer, BackupsAnswer } from '../../contract/jobs.ts';
import { NoQuery } from '../../contract/parts.ts';
import type { ApiDeps, App } from '../deps.ts';
import { RUN_ANSWERS, runJob } from '../job-run.ts';

const tags = ['operations'];
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
  response: { 200: BackupListAnswer, ...OperatorAnswers },
};

/** `GET /backups`, `POST /backups`. */
export function backupsRoutes(app: App, deps: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  app.get('/backups', { schema: LIST, config }, async () => [...(await deps.jobs.backups())]);
  app.post('/backups', { schema: MAKE, config }, async (_request, reply) => {
    const run = await runJob<Static<typeof BackupsAnswer>>(deps, 'backups');
    return reply.code(run.code).send(run.body);
  });
}
