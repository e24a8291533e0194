/** The client side of the workflows: connects to Temporal and tells those of sessions and files to look at the ledger. */
import {
  Client,
  Connection,
  defaultGrpcRetryOptions,
  isGrpcServiceError,
  makeGrpcRetryInterceptor,
  type ConnectionOptions,
} from '@temporalio/client';
import { sessionWorkflowId } from '../domain/ids.ts';
import type { FileNotifier } from '../files/contract.ts';
import type { SessionNotifier } from '../leases/contract.ts';
import {
  changedSignal,
  dueSignal,
  FILE_UPKEEP,
  FILE_UPKEEP_WORKFLOW,
  SESSION_WORKFLOW,
  type SessionInput,
} from './messages.ts';
import { INSTANCE_ID, SEARCH_ATTRIBUTES, SESSION_ID } from './search-attributes.ts';
import { createStartQueue, type StartQueueCounts } from './start-queue.ts';

/** Longest one signalWithStart may take: some hundred times what it takes on an idle server. */
const START_DEADLINE_MS = 5_000;
/** At 150 starts a second about 13 s of work; beyond it the ledger's outbox is the better queue. */
const MAX_WAITING = 2_000;
/** A start takes 11-14 ms alone: four keep a development server at its limit, and leave a burst its processor. */
const CONCURRENCY = 4;
/** A failing Temporal is logged once in this time, not once a session. */
const LOG_EVERY_MS = 10_000;
/** How long the cluster is believed to have our search attributes, */
const HAS_ATTRIBUTES_MS = 60_000;
/** and to lack them: at a first start a worker adds them within seconds. */
const LACKS_ATTRIBUTES_MS = 3_000;
const PROBE_DEADLINE_MS = 3_000;

/** PERMISSION_DENIED and UNIMPLEMENTED of gRPC: what a managed cluster answers. */
const MAY_NOT_ASK = new Set([7, 12]);

/** What the room needs of a logger; pino's fits. */
interface Log {
  warn(fields: object, message: string): void;
}

export interface TemporalTarget {
  readonly connectionOptions: ConnectionOptions;
  readonly namespace: string;
}

/**
 * A client that connects when it is first used, so that a process starts while Temporal is away. Calls are tried
 * twice at most: the SDK's ten tries turn an outage into a stall of 40 s.
 */
export function createTemporalClient(target: TemporalTarget): Client {
  const retry = makeGrpcRetryInterceptor(defaultGrpcRetryOptions({ maxAttempts: 2 }));
  const connection = Connection.lazy({
    ...withoutProxyOnLoopback(target.connectionOptions),
    interceptors: [retry, ...(target.connectionOptions.interceptors ?? [])],
  });
  return new Client({ connection, namespace: target.namespace });
}

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\]):/i;

/** A proxy that is exported for the way out (`https_proxy`) cannot reach this machine's own Temporal. */
function withoutProxyOnLoopback(options: ConnectionOptions): ConnectionOptions {
  if (!LOOPBACK.test(options.address ?? '')) return options;
  return { ...options, channelArgs: { ...options.channelArgs, 'grpc.enable_http_proxy': 0 } };
}

export interface SessionNotifierSettings {
  readonly instanceId: string;
  readonly taskQueue: string;
}

export interface SessionNotifierOptions {
  readonly client: Client;
  readonly settings: SessionNotifierSettings;
  readonly log: Log;
}

export interface TemporalSessionNotifier extends SessionNotifier {
  /** How many more sessions may be told now; 0 means that the outbox has to wait. */
  readonly room: () => number;
  /** Waiting and under way. */
  readonly size: () => number;
  readonly counts: Readonly<StartQueueCounts>;
  /** Takes no more; resolves when the calls under way have ended, 5 s at most. */
  readonly stop: () => Promise<void>;
}

/**
 * Tells workflows to look at the ledger by `signalWithStart`: one bounded attempt each, in the background. What
 * fails or finds no room is dropped, because the row stays unseen and the outbox comes back to it.
 */
export function createSessionNotifier(options: SessionNotifierOptions): TemporalSessionNotifier {
  const { client, settings, log } = options;
  const attributes = searchAttributesOf(client);
  let loggedAtMs = 0;
  const queue = createStartQueue({
    maxWaiting: MAX_WAITING,
    concurrency: CONCURRENCY,
    start: async (sessionId) => {
      const input: SessionInput = {
        sessionId,
        instanceId: settings.instanceId,
        searchAttributes: await attributes.available(),
      };
      try {
        await signalWithStart(client, settings.taskQueue, input);
      } catch (error) {
        // A wiped server has lost the search attributes: the next call asks again.
        attributes.forget();
        throw error;
      }
    },
    onFailure: (sessionId, error) => {
      if (Date.now() - loggedAtMs < LOG_EVERY_MS) return;
      loggedAtMs = Date.now();
      log.warn(
        { sessionId, err: error, ...queue.counts },
        'a session workflow could not be told; the outbox will',
      );
    },
  });
  return {
    changed: queue.push,
    room: queue.room,
    size: queue.size,
    stop: queue.stop,
    counts: queue.counts,
  };
}

async function signalWithStart(client: Client, taskQueue: string, input: SessionInput): Promise<void> {
  const { sessionId, instanceId, searchAttributes } = input;
  await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.signalWithStart(SESSION_WORKFLOW, {
      workflowId: sessionWorkflowId(sessionId),
      taskQueue,
      args: [input],
      signal: changedSignal,
      signalArgs: [],
      // A running workflow is signalled, a closed one, however it ended, is succeeded by a new run.
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: `lease of session ${sessionId}`,
      ...(searchAttributes
        ? {
            typedSearchAttributes: [
              { key: SESSION_ID, value: sessionId },
              { key: INSTANCE_ID, value: instanceId },
            ],
          }
        : {}),
    }),
  );
}

export interface FileNotifierOptions {
  readonly client: Client;
  readonly taskQueue: string;
  readonly log: Log;
}

export interface TemporalFileNotifier extends FileNotifier {
  /** Takes no more; resolves when the call under way has ended, 5 s at most. */
  readonly stop: () => Promise<void>;
}

/** The upkeep is told once in this time, however often something falls due: each telling is an event of its history. */
const TELL_EVERY_MS = 1_000;

/**
 * Has the upkeep of files look at the ledger, by `signalWithStart` in the background, with one bounded attempt. What fails
 * is dropped: what is due stays due, and every worker's poll comes back to it.
 */
export function createFileNotifier({ client, taskQueue, log }: FileNotifierOptions): TemporalFileNotifier {
  let [loggedAtMs, toldAt] = [0, -Infinity];
  let timer: NodeJS.Timeout | undefined;
  const queue = createStartQueue({
    maxWaiting: 1,
    concurrency: 1,
    start: () => tellUpkeep(client, taskQueue),
    onFailure: (_id, error) => {
      if (Date.now() - loggedAtMs < LOG_EVERY_MS) return;
      loggedAtMs = Date.now();
      log.warn({ err: error }, 'the upkeep of files could not be told; the poll will');
    },
  });
  const tell = (): void => {
    timer = undefined;
    toldAt = performance.now();
    queue.push(FILE_UPKEEP);
  };
  return {
    due: () => {
      timer ??= setTimeout(tell, Math.max(0, toldAt + TELL_EVERY_MS - performance.now())).unref();
    },
    stop: async () => {
      clearTimeout(timer);
      await queue.stop();
    },
  };
}

async function tellUpkeep(client: Client, taskQueue: string): Promise<void> {
  await client.withDeadline(Date.now() + START_DEADLINE_MS, () =>
    client.workflow.signalWithStart(FILE_UPKEEP_WORKFLOW, {
      workflowId: FILE_UPKEEP,
      taskQueue,
      args: [],
      signal: dueSignal,
      signalArgs: [],
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      staticSummary: 'deletion of uploaded files, and uploads that nobody ended',
    }),
  );
}

/** Remembers for a while whether the cluster has our search attributes. */
function searchAttributesOf(client: Client): { available(): Promise<boolean>; forget(): void } {
  let answer: Promise<boolean> | null = null;
  let validUntilMs = 0;
  const ask = async (): Promise<boolean> => {
    const available = await probeSearchAttributes(client);
    validUntilMs = Date.now() + (available ? HAS_ATTRIBUTES_MS : LACKS_ATTRIBUTES_MS);
    return available;
  };
  return {
    available: () => {
      if (answer === null || Date.now() > validUntilMs) {
        // Those who ask meanwhile share the call.
        validUntilMs = Date.now() + PROBE_DEADLINE_MS;
        answer = ask();
      }
      return answer;
    },
    forget: () => {
      answer = null;
    },
  };
}

/**
 * Whether the namespace has all our search attributes, each with its type. False also where the cluster does not
 * let us ask. Throws where Temporal does not answer.
 */
export async function probeSearchAttributes(client: Client): Promise<boolean> {
  return (await missingSearchAttributes(client)).length === 0;
}

/** The names of our search attributes that the namespace has not got; all, where we may not ask. */
export async function missingSearchAttributes(client: Client): Promise<string[]> {
  const { namespace } = client.options;
  try {
    const known = await client.withDeadline(Date.now() + PROBE_DEADLINE_MS, () =>
      client.connection.operatorService.listSearchAttributes({ namespace }),
    );
    const { customAttributes } = known;
    return SEARCH_ATTRIBUTES.filter(({ name }) => customAttributes[name] === undefined).map(
      ({ name }) => name,
    );
  } catch (error) {
    if (!isGrpcServiceError(error) || !MAY_NOT_ASK.has(error.code)) throw error;
    return SEARCH_ATTRIBUTES.map(({ name }) => name);
  }
}
