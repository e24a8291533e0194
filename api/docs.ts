import swagger from '@fastify/swagger';
import type { ApiDeps, App } from './deps.ts';

/** Collects the description of every route that is added afterwards. */
export async function describeRoutes(app: App, { settings }: Pick<ApiDeps, 'settings'>): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Loiter Killer',
        description:
          'Durable leases on vector stores and files that delete themselves when their session ends.\n\n' +
          'A body of more than `MAX_REQUEST_SIZE` bytes is answered 413 by every route, also by one that reads ' +
          'none; an upload has a limit of its own. Every answer carries `X-Request-Id`: the one of the request, ' +
          'or a new one.',
        version: settings.version,
        license: { name: 'MIT', identifier: 'MIT' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'leases', description: 'What a session calls.' },
        { name: 'files', description: 'Files at the providers.' },
        { name: 'configuration', description: 'What callers set their own limits from.' },
        { name: 'operations', description: 'What an operator calls.' },
        { name: 'health', description: 'Health and metrics.' },
        { name: 'documentation', description: 'This documentation.' },
      ],
      components: {
        securitySchemes: {
          bearer: { type: 'http', scheme: 'bearer', description: 'API_TOKEN or OPERATOR_TOKEN, where set.' },
        },
      },
      security: [{ bearer: [] }],
    },
    transformObject: (document) => {
      if (!('openapiObject' in document)) return document.swaggerObject;
      for (const path of Object.values(document.openapiObject.paths ?? {})) markOptionalBody(path?.post);
      return document.openapiObject;
    },
  });
}

/** The generator takes every body for a required one. */
function markOptionalBody(operation: { requestBody?: object | undefined } | undefined): void {
  const body = operation?.requestBody as { required?: boolean; content?: Record<string, Media> } | undefined;
  for (const { schema } of Object.values(body?.content ?? {})) {
    if (body === undefined || schema?.['x-optional-body'] !== true) continue;
    body.required = false;
    delete schema['x-optional-body'];
  }
}

interface Media {
  readonly schema?: Record<string, unknown>;
}
