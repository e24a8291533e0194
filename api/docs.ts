import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { ApiDeps, App } from './deps.ts';

/** Collects the description of every route that is added afterwards. */
export async function describeRoutes(app: App, { settings }: Pick<ApiDeps, 'settings'>): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Loiter Killer',
        description:
          'Durable leases on vector stores and files that delete themselves when their session ends.',
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

/** `/docs`, a page to read and try the API; a scope of its own for the headers that only a page needs. */
export async function serveDocs(app: App): Promise<void> {
  await app.register(async (scope) => {
    await scope.register(helmet, {
      // The service speaks plain HTTP behind loopback or a proxy; whether HTTPS is forced is the proxy's to say.
      strictTransportSecurity: false,
      contentSecurityPolicy: {
        useDefaults: false,
        directives: {
          defaultSrc: ["'self'"],
          imgSrc: ["'self'", 'data:'],
          // Swagger UI styles its elements by attribute.
          styleSrc: ["'self'", "'unsafe-inline'"],
          objectSrc: ["'none'"],
          frameAncestors: ["'none'"],
          baseUri: ["'self'"],
        },
      },
    });
    await scope.register(swaggerUi, { routePrefix: '/docs', uiConfig: { validatorUrl: null } });
  });
}
