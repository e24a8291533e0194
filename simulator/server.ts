import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ApiError } from './api-error.ts';
import { CONTROL_PREFIX, controlCall } from './control.ts';
import { openFaults } from './faults.ts';
import { openHolds } from './holds.ts';
import { openJournal } from './journal.ts';
import { providerCall, type Request, type Stage } from './provider-call.ts';
import { errorReply, jsonReply, send } from './reply.ts';
import { openWorld } from './world.ts';

/** Largest body taken: the simulator keeps files in memory and is no place for more. */
const MAX_BODY_BYTES = 32 * 1024 * 1024;

export interface SimulatorOptions {
  /** 0 or absent: a free one. */
  readonly port?: number | undefined;
  /** Loopback only; default 127.0.0.1. */
  readonly host?: string | undefined;
  /** Where the state is kept over restarts; absent: in memory. */
  readonly stateFile?: string | undefined;
  readonly storeLimit?: number | undefined;
  readonly latencyMs?: number | undefined;
  readonly shareAccounts?: boolean | undefined;
}

export interface Simulator {
  /** Without a path: for the control client. */
  readonly url: string;
  /** What a provider client takes as its base URL. */
  readonly baseUrl: string;
  readonly port: number;
  close(): Promise<void>;
}

async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    const bytes = chunk as Buffer;
    size += bytes.length;
    if (size > MAX_BODY_BYTES) throw new ApiError(413, 'The request is too large.');
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}

async function readRequest(incoming: IncomingMessage): Promise<Request> {
  const url = incoming.url ?? '/';
  const mark = url.indexOf('?');
  return {
    method: incoming.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: incoming.headers,
    body: await readBody(incoming),
  };
}

function answerControl(stage: Stage, request: Request, response: ServerResponse): void {
  try {
    send(response, jsonReply(200, controlCall(stage, request)));
  } catch (error) {
    send(response, errorReply(error));
  }
}

async function answerProvider(stage: Stage, request: Request, response: ServerResponse): Promise<void> {
  const { entry, outcome } = await providerCall(stage, request);
  if (outcome === 'hang') {
    response.once('close', () => stage.journal.answer(entry, 'client_gone'));
    if (response.destroyed) stage.journal.answer(entry, 'client_gone');
    return;
  }
  // Entered before it is sent: who has the answer finds it in the journal.
  const gone = response.destroyed;
  stage.journal.answer(entry, gone ? 'client_gone' : outcome === 'drop' ? 'dropped' : outcome.status);
  if (outcome === 'drop') response.destroy();
  else send(response, outcome);
}

async function handle(stage: Stage, incoming: IncomingMessage, response: ServerResponse): Promise<void> {
  let request: Request;
  try {
    request = await readRequest(incoming);
  } catch (error) {
    if (error instanceof ApiError) send(response, errorReply(error));
    return;
  }
  if (request.path.startsWith(CONTROL_PREFIX)) answerControl(stage, request, response);
  else await answerProvider(stage, request, response);
}

function requireLoopback(host: string): void {
  if (host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)) return;
  throw new Error(`The simulator listens on loopback only, not on ${host}.`);
}

/** Starts the HTTP double of the provider. Rejects when the port is taken or the state cannot be read. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const host = options.host ?? '127.0.0.1';
  requireLoopback(host);
  const world = openWorld(options.stateFile);
  const stage: Stage = {
    world,
    faults: openFaults(),
    holds: openHolds(),
    journal: openJournal(),
    config: {
      latency_ms: options.latencyMs ?? 0,
      store_limit: options.storeLimit ?? 0,
      share_accounts: options.shareAccounts ?? false,
    },
  };
  const server = createServer((incoming, response) => {
    handle(stage, incoming, response).catch((error: unknown) => void send(response, errorReply(error)));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const close = async () => {
    stage.holds.release(null, 'drop');
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
    world.close();
  };
  return { url, baseUrl: `${url}/v1`, port, close };
}
