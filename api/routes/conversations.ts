import type { Static } from 'typebox';
import { ConversationsAnswer, ConversationsQuery } from '../../contract/jobs.ts';
import type { ApiDeps, App } from '../deps.ts';
import { RUN_ANSWERS, runJob } from '../job-run.ts';

const schema = {
  operationId: 'cleanupConversations',
  summary: 'Remove stored conversations past retention, now.',
  tags: ['operations'],
  querystring: ConversationsQuery,
  response: { 200: ConversationsAnswer, ...RUN_ANSWERS },
};

/** `POST /conversations/cleanup`. */
export function conversationsRoute(app: App, deps: ApiDeps): void {
  const config = { access: 'operator', refusesBody: true } as const;
  app.post('/conversations/cleanup', { schema, config }, async (request, reply) => {
    const run = await runJob<Static<typeof ConversationsAnswer>>(
      deps,
      'conversations-cleanup',
      request.query,
    );
    return reply.code(run.code).send(run.body);
  });
}
