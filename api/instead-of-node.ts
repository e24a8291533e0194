import { ServiceError } from '../domain/errors.ts';
import type { App } from './deps.ts';

/**
 * Answers what Node's server would refuse by itself, without a body and without our headers: HTTP/1.1 without `Host`
 * (the app's server must be told not to ask for it) is 400; an expectation nobody knows is ignored, as HTTP allows.
 */
export function answerInsteadOfNode(app: App): void {
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response);
  });
  app.addHook('onRequest', ({ raw }, _reply, done) => {
    const lacksHost = raw.headers.host === undefined && raw.httpVersion === '1.1';
    done(lacksHost ? new ServiceError('REQUEST_INVALID') : undefined);
  });
}
