import { OperatorAnswers } from '../../contract/answers.ts';
import { JobsAnswer } from '../../contract/jobs.ts';
import type { ApiDeps, App } from '../deps.ts';
import { READ_ANSWERS, readWithin } from '../job-run.ts';

const schema = {
  operationId: 'listJobs',
  summary: 'Every job: its schedule, and how it went.',
  tags: ['operations'],
  response: { 200: JobsAnswer, ...READ_ANSWERS, ...OperatorAnswers },
};

/** `GET /jobs`. */
export function jobsRoute(app: App, { jobs }: ApiDeps): void {
  // Results name backups and threads.
  const config = { access: 'operator' } as const;
  app.get('/jobs', { schema, config }, async () => ({ jobs: [...(await readWithin(jobs.list()))] }));
}
