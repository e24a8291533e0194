import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CONTROL_PREFIX, controlCall } from './control.ts';
import { openFaults } from './faults.ts';
import { openHolds } from './holds.ts';
import { openJournal } from './journal.ts';
import { providerCall, type Stage } from './provider-call.ts';
import { errorReply, jsonReply, send, type Reply } from './reply.ts';
import { headOf, readBody } from './request.ts';
import { openWorld } from './world.ts';

/** Kimi: 1,000 files and 10 GB a user; GLM: 100 files (their documentation). OpenAI tells none of files. */
const LIMITS = {
  files_per_store: 0,
  openai_file_limit: 0,
  kimi_file_limit: 1_000,
  glm_file_limit: 100,
  openai_storage_limit: 0,
  kimi_storage_limit: 10 * 2 ** 30,
  glm_storage_limit: 0,
  assistants_content: 'refused' as const,
};

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

async function answerControl(stage: Stage, incoming: IncomingMessage): Promise<Reply> {
  const request = { ...headOf(incoming), body: await readBody(incoming) };
  try {
    return jsonReply(200, controlCall(stage, request));
  } catch (error) {
    return errorReply(error);
  }
}

async function answerProvider(
  stage: Stage,
  incoming: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { entry, outcome } = await providerCall(stage, incoming);
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
  try {
    if (incoming.url?.startsWith(CONTROL_PREFIX) === true)
      send(response, await answerControl(stage, incoming));
    else await answerProvider(stage, incoming, response);
  } catch (error) {
    // Where the client went away there is nobody to tell.
    send(response, errorReply(error));
  }
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
      ...LIMITS,
      share_accounts: options.shareAccounts ?? false,
    },
  };
  const server = createServer((incoming, response) => {
    void handle(stage, incoming, response);
  });
  // A held upload takes as long as it is held.
  server.requestTimeout = 0;
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
