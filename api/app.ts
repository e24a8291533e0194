import cors from '@fastify/cors';
import rateLimit from '@fastify/rate-limit';
import { fastify, LogController } from 'fastify';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import { ServiceError } from '../domain/errors.ts';
import { addAnswerHeaders } from './answer-headers.ts';
import { limitBodyTime } from './body-deadline.ts';
import { parseBodies } from './body-parser.ts';
import { answerClientError } from './client-error.ts';
import type { ApiDeps, App } from './deps.ts';
import { describeRoutes } from './docs.ts';
import { serveDocs } from './docs-page.ts';
import { answerErrors } from './error-answers.ts';
import { guardAgainstWebPages } from './guard.ts';
import { answerInsteadOfNode } from './instead-of-node.ts';
import { readIgnoredBodies } from './read-body.ts';
import { requestId } from './request-id.ts';
import { routableUrl } from './routable-url.ts';
import { addRoutes } from './routes.ts';
import { guardByToken } from './tokens.ts';
import { answerUnknownRoutes } from './unknown-routes.ts';
import { validatorCompiler } from './validation.ts';

/** Beyond any id that can be valid (240 bytes, percent-encoded 720): the schema says what is too long. */
const MAX_PARAM_CHARACTERS = 65_536;
/** What the server gives a request on top of what its body may take, before it ends the connection by itself. */
const REQUEST_MARGIN_MS = 60_000;
/** How long the head of a request may take at most. */
const HEAD_TIMEOUT_MS = 30_000;
/** Longer than the idle time of usual client pools, so that the client closes first and never hits a reset. */
const KEEP_ALIVE_MS = 72_000;
const MINUTE_MS = 60_000;
/** What a page of a listed origin may ask for. */
const METHODS = ['GET', 'HEAD', 'POST', 'DELETE'];

/** The whole HTTP façade, the same in tests and in production; it listens nowhere yet. */
export async function buildApp(deps: ApiDeps): Promise<App> {
  const { bodyTimeoutMs, maxRequestBytes, uploadTimeoutMs } = deps.settings;
  const app: App = fastify({
    loggerInstance: deps.log,
    // One logger for all: a child a request costs more than most requests, and log lines name their request.
    childLoggerFactory: (logger) => logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: requestId,
    rewriteUrl: (request) => routableUrl(request.url ?? '/'),
    bodyLimit: maxRequestBytes,
    http: { headersTimeout: Math.min(bodyTimeoutMs, HEAD_TIMEOUT_MS), requireHostHeader: false },
    // One for all routes: bodies have time limits of their own.
    requestTimeout: bodyTimeoutMs + uploadTimeoutMs + REQUEST_MARGIN_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // What is accepted is answered, also while closing.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    clientErrorHandler: answerClientError,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: MAX_PARAM_CHARACTERS },
  }).withTypeProvider<TypeBoxTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setErrorHandler(answerErrors(deps));
  addAnswerHeaders(app);
  answerInsteadOfNode(app);
  parseBodies(app);
  readIgnoredBodies(app);
  limitBodyTime(app, bodyTimeoutMs);
  await addGuards(app, deps);
  countAnswers(app, deps);
  answerUnknownRoutes(app, deps);
  await describeRoutes(app, deps);
  addRoutes(app, deps);
  await serveDocs(app);
  return app;
}

async function addGuards(app: App, { settings }: ApiDeps): Promise<void> {
  const { apiToken, operatorToken, corsOrigins, rateLimitPerMinute } = settings;
  if (apiToken === undefined) app.addHook('onRequest', guardAgainstWebPages(corsOrigins));
  if (corsOrigins.length > 0) {
    const exposedHeaders = ['X-Request-Id', 'X-Lease-Id', 'X-Lease-Seconds', 'Retry-After'];
    await app.register(cors, { origin: [...corsOrigins], methods: METHODS, exposedHeaders });
  }
  if (apiToken !== undefined || operatorToken !== undefined) app.addHook('onRequest', guardByToken(settings));
  if (rateLimitPerMinute > 0) {
    await app.register(rateLimit, {
      max: rateLimitPerMinute,
      timeWindow: MINUTE_MS,
      errorResponseBuilder: (_request, { ttl }) =>
        new ServiceError('RATE_LIMITED', { retryAfterSeconds: Math.ceil(ttl / 1000) }),
    });
  }
}

/** Each route gets an observer of its own, so that counting an answer looks nothing up. */
function countAnswers(app: App, { metrics }: ApiDeps): void {
  app.addHook('onRoute', (route) => {
    const observe = metrics.http.route(route.url, [route.method].flat().join(','));
    const existing = route.onResponse === undefined ? [] : [route.onResponse].flat();
    route.onResponse = [
      ...existing,
      (_request, reply, done) => {
        observe(reply.statusCode, reply.elapsedTime);
        done();
      },
    ];
  });
}
