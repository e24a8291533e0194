import type { LoadRequest } from './load.ts';

/** One `POST` a session: `/session/{id}/{verb}`, with the same body for all where there is one. */
export function sessionRequests(
  sessions: readonly string[],
  verb: string,
  body?: (index: number) => string,
): readonly LoadRequest[] {
  return sessions.map((id, index) => ({
    method: 'POST',
    path: `/session/${id}/${verb}`,
    ...(body === undefined ? {} : { body: body(index) }),
  }));
}

/** The same calls as one bare statement each; see `bare-fastify.ts`. */
export function statementRequests(
  sessions: readonly string[],
  kind: 'read' | 'write',
): readonly LoadRequest[] {
  return sessions.map((id) => ({ method: 'POST', path: `/${kind}/${id}` }));
}
