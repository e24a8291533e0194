import { Connection } from '@temporalio/client';
import { startPart, type Part } from '../processes/part.ts';
import { untilReady } from '../processes/until-ready.ts';

const READY_DEADLINE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 2_000;

/** One partition and high rates: a single machine gains nothing from spreading, and the defaults throttle bursts. */
const DYNAMIC_CONFIG: Readonly<Record<string, string>> = {
  // Off by default on every self-hosted server; saves one round trip per activity.
  'system.enableActivityEagerExecution': 'true',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  'frontend.namespaceRPS': '20000',
  'frontend.rps': '20000',
  'history.rps': '20000',
  'matching.rps': '20000',
};

export interface TemporalServerOptions {
  readonly binary: string;
  /** SQLite file; made on the first start. */
  readonly databaseFile: string;
  readonly port: number;
  /** Port of the Web UI; null starts without one. */
  readonly uiPort: number | null;
  readonly log: string;
}

export interface TemporalServer {
  readonly part: Part;
  /** host:port */
  readonly address: string;
  readonly uiUrl: string | null;
  stop(): Promise<void>;
}

/** Starts the dev server on loopback and waits until the namespace `default` answers. */
export async function startTemporalServer(
  options: TemporalServerOptions,
  started: (part: Part) => void = () => undefined,
): Promise<TemporalServer> {
  const part = await startPart({
    name: 'Temporal',
    command: options.binary,
    args: serverArguments(options),
    // The CLI would take an address, a key or a profile from TEMPORAL_* and from the file in the home directory.
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', HOME: '/nonexistent', TZ: 'UTC' },
    log: options.log,
  });
  started(part);
  const address = `127.0.0.1:${options.port}`;
  await untilReady(part, READY_DEADLINE_MS, () => probe(address));
  return {
    part,
    address,
    uiUrl: options.uiPort === null ? null : `http://127.0.0.1:${options.uiPort}`,
    stop: async () => {
      await part.stop(['SIGTERM'], 10_000);
    },
  };
}

function serverArguments(options: TemporalServerOptions): string[] {
  const ui = options.uiPort === null ? ['--headless'] : ['--ui-port', String(options.uiPort)];
  return [
    ...['server', 'start-dev', '--ip', '127.0.0.1', '--port', String(options.port), ...ui],
    ...['--log-level', 'warn', '--db-filename', options.databaseFile],
    ...['--sqlite-pragma', 'journal_mode=WAL', '--sqlite-pragma', 'synchronous=NORMAL'],
    ...Object.entries(DYNAMIC_CONFIG).flatMap(([key, value]) => [
      '--dynamic-config-value',
      `${key}=${value}`,
    ]),
  ];
}

async function probe(address: string): Promise<void> {
  // A proxy that is exported for the way out cannot reach loopback.
  const channelArgs = { 'grpc.enable_http_proxy': 0 };
  const connection = await Connection.connect({ address, connectTimeout: CONNECT_TIMEOUT_MS, channelArgs });
  try {
    await connection.withDeadline(Date.now() + CONNECT_TIMEOUT_MS, () =>
      connection.workflowService.describeNamespace({ namespace: 'default' }),
    );
  } finally {
    await connection.close();
  }
}
