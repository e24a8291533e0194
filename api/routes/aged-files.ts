import type { Static } from 'typebox';
import { AgedFilesAnswer, JobQuery } from '../../contract/jobs.ts';
import type { ApiDeps, App } from '../deps.ts';
import { RUN_ANSWERS, runJob } from '../job-run.ts';

const schema = {
  operationId: 'cleanupAgedFiles',
  summary: 'Delete aged files, now.',
  tags: ['operations'],
  querystring: JobQuery,
  response: { 200: AgedFilesAnswer, ...RUN_ANSWERS },
};

/** `POST /aged-files/cleanup`. */
export function agedFilesRoute(app: App, deps: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  app.post('/aged-files/cleanup', { schema, config }, async (request, reply) => {
    const run = await runJob<Static<typeof AgedFilesAnswer>>(deps, 'aged-files-cleanup', request.query);
    return reply.code(run.code).send(run.body);
  });
}
