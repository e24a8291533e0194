import { JobsAnswer } from '../../contract/jobs.ts';
import type { ApiDeps, App } from '../deps.ts';
import { READ_ANSWERS, readWithin } from '../job-run.ts';

const schema = {
  operationId: 'listJobs',
  summary: 'Every job: its schedule, and how it went.',
  tags: ['operations'],
  response: { 200: JobsAnswer, ...READ_ANSWERS },
};

/** `GET /jobs`. */
export function jobsRoute(app: App, { jobs }: ApiDeps): void {
  app.get('/jobs', { schema }, async () => ({ jobs: [...(await readWithin(jobs.list()))] }));
}
