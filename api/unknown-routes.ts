import type { FastifyReply, FastifyRequest } from 'fastify';
import { METHOD_NOT_ALLOWED_BODY, NOT_FOUND_BODY } from '../contract/errors.ts';
import type { AnswerObserver } from '../telemetry/http-metrics.ts';
import type { ApiDeps, App } from './deps.ts';
import { sendJson } from './send-json.ts';

const UNDER_STATIC = /^\/static(?:[/?#]|$)/;

interface KnownPath {
  readonly pattern: RegExp;
  readonly methods: Set<string>;
}

/**
 * Answers what no route matches: 405 with `Allow` where the path is known under another method, else 404.
 * Must be called before the routes are added: it learns them as they come.
 */
export function answerUnknownRoutes(app: App, deps: Pick<ApiDeps, 'metrics'>): void {
  const paths = new Map<string, KnownPath>();
  app.addHook('onRoute', ({ url, method }) => {
    if (url.includes('*')) return;
    const known = paths.get(url) ?? { pattern: patternOf(url), methods: new Set() };
    for (const each of [method].flat()) known.methods.add(each);
    paths.set(url, known);
  });
  const observers = new Map<string, AnswerObserver>();
  app.setNotFoundHandler((request, reply) => {
    const known = [...paths.values()].find(({ pattern }) => pattern.test(pathOf(request)));
    if (known === undefined) refusePath(request, reply);
    else refuseMethod(reply, known.methods);
    const observer = observers.get(request.method) ?? deps.metrics.http.route('unknown', request.method);
    observers.set(request.method, observer);
    observer(reply.statusCode, reply.elapsedTime);
  });
}

/** A cache that has an asset for ever must not have its absence for a moment. */
function refusePath({ originalUrl }: FastifyRequest, reply: FastifyReply): void {
  if (UNDER_STATIC.test(originalUrl)) reply.header('cache-control', 'no-store');
  sendJson(reply, 404, NOT_FOUND_BODY);
}

function refuseMethod(reply: FastifyReply, methods: ReadonlySet<string>): void {
  reply.header('allow', [...methods].sort().join(', '));
  sendJson(reply, 405, METHOD_NOT_ALLOWED_BODY);
}

function pathOf(request: FastifyRequest): string {
  return request.url.replace(/[?#].*$/s, '');
}

/** Route urls hold letters, slashes, dots and parameters only. */
function patternOf(url: string): RegExp {
  const source = url.replace(/\/$/, '').replaceAll('.', '\\.').replaceAll(/:\w+/g, '[^/]+');
  return new RegExp(`^${source}/?$`);
}
