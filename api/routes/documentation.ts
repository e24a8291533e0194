import { Type } from 'typebox';
import { GuardAnswers } from '../../contract/answers.ts';
import type { App } from '../deps.ts';
import { sendJson } from '../send-json.ts';

const openApiSchema = {
  operationId: 'openapi',
  summary: 'This description of the API.',
  tags: ['documentation'],
  response: {
    200: Type.Object(
      {},
      {
        additionalProperties: true,
        description: 'An OpenAPI 3.1 document.',
        examples: [{ openapi: '3.1.0' }],
      },
    ),
    ...GuardAnswers,
  },
};

const rootSchema = {
  operationId: 'root',
  summary: 'Leads to the documentation.',
  tags: ['documentation'],
  response: {
    302: Type.Null({ description: 'Go to /docs.', headers: { Location: { type: 'string' } } }),
    ...GuardAnswers,
  },
};

/** `GET /openapi.json` and the way from `/` to the page that shows it. */
export function documentationRoutes(app: App): void {
  let text: string | undefined;
  app.get('/openapi.json', { schema: openApiSchema }, (_request, reply) => {
    text ??= JSON.stringify(app.swagger());
    sendJson(reply, 200, text);
  });
  app.get('/', { schema: rootSchema }, (_request, reply) => {
    void reply.redirect('/docs');
  });
}
