import type { App } from './deps.ts';

/**
 * The headers of every answer but pages and their assets. No cache keeps an answer, and a browser that is led to one
 * neither guesses its type, nor runs anything in it, nor shows it inside another page, nor hands it to other sites
 * (but for the origins in `CORS_ORIGINS`).
 */
export const ANSWER_HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-cache, no-store, must-revalidate',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
};

/**
 * Sets the headers of every answer, whoever gives it: constants, because helmet builds its own anew each time. Those
 * of a page are helmet's, and only a page that is there may be kept.
 */
export function addAnswerHeaders(app: App): void {
  const { 'cache-control': uncached } = ANSWER_HEADERS;
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.headers(request.routeOptions.config.page === true ? { 'cache-control': uncached } : ANSWER_HEADERS);
    done();
  });
}
