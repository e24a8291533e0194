import type { Static } from 'typebox';
import { JobQuery, ResultsAnswer, ResultsStatsAnswer } from '../../contract/jobs.ts';
import type { ApiDeps, App } from '../deps.ts';
import { READ_ANSWERS, readWithin, RUN_ANSWERS, runJob } from '../job-run.ts';

const tags = ['operations'];
const CLEANUP = {
  operationId: 'cleanupResults',
  summary: 'Delete cached results past their expiry, now.',
  tags,
  querystring: JobQuery,
  response: { 200: ResultsAnswer, ...RUN_ANSWERS },
};
const STATS = {
  operationId: 'resultsStats',
  summary: 'What the cleanups of cached results came to.',
  tags,
  response: { 200: ResultsStatsAnswer, ...READ_ANSWERS },
};

/** `GET /results/stats`, `POST /results/cleanup`. */
export function resultsRoutes(app: App, deps: ApiDeps): void {
  app.get('/results/stats', { schema: STATS }, () => readWithin(deps.jobs.resultsStats()));
  const config = { access: 'operator', refusesBody: true } as const;
  app.post('/results/cleanup', { schema: CLEANUP, config }, async (request, reply) => {
    const run = await runJob<Static<typeof ResultsAnswer>>(deps, 'results-cleanup', request.query);
    return reply.code(run.code).send(run.body);
  });
}
