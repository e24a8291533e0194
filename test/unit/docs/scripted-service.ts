import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One answer of the service; `hang up` ends the connection without one. */
export type Answer =
  | { readonly status: number; readonly body?: unknown; readonly headers?: Readonly<Record<string, string>> }
  | 'hang up';

export interface ScriptedService {
  readonly url: string;
  /** Method and path of each call, in order. */
  readonly calls: readonly string[];
  stop(): Promise<void>;
}

/** What `acquire` answers when all is well; the lease of one second makes renewals come soon. */
export const ACQUIRED: Answer = {
  status: 200,
  body: { vector_store_id: 'vs_1', reused: false, files: [], file_paths: [] },
  headers: { 'x-lease-seconds': '1' },
};
export const RENEWED: Answer = { status: 200, body: { status: 'renewed' } };

/**
 * A service on loopback that answers by script: the n-th call of an action (`acquire`, `renew`) gets its n-th
 * answer, and the last one again from then on.
 */
export async function scriptedService(
  script: Readonly<Record<string, readonly Answer[]>>,
): Promise<ScriptedService> {
  const calls: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? '';
    const action = path.split('/').at(-1) ?? '';
    const answers = script[action] ?? [];
    const before = calls.filter((call) => call.endsWith(`/${action}`)).length;
    calls.push(`${request.method ?? ''} ${path}`);
    answer(response, answers[Math.min(before, answers.length - 1)] ?? { status: 404 });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, calls, stop: () => close(server) };
}

function answer(response: ServerResponse, what: Answer): void {
  if (what === 'hang up') {
    response.destroy();
    return;
  }
  response.writeHead(what.status, { 'content-type': 'application/json', ...what.headers });
  response.end(JSON.stringify(what.body ?? { detail: 'scripted' }));
}

function close(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
