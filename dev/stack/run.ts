import { ConfigError, EXIT_BAD_CONFIG, type Config } from '../../config/index.ts';
import { NoTemporalError } from '../temporal/binary.ts';
import { claimApiPort } from './api-port.ts';
import type { StackContext } from './context.ts';
import { openDataDirectory } from './data-directory.ts';
import { localUrl } from './http-ready.ts';
import { countLiveLeases } from './live-leases.ts';
import { partsInOrder } from './parts-in-order.ts';
import { programEnvironment } from './program-environment.ts';
import { startProgram } from './programs.ts';
import { startLedgerServer, startSimulatorPart, startTemporalPart, type Addresses } from './servers.ts';
import { reservePort } from './reserve-port.ts';
import { listenForStop, type StopRequests } from './stop-requests.ts';

/** A stack that is up. */
export interface RunningStack {
  readonly config: Config;
  /** Without a trailing slash. */
  readonly apiUrl: string;
}

export interface RunOptions {
  readonly config: Config;
  readonly environment: Readonly<Record<string, string>>;
  readonly say: (line: string) => void;
  readonly programOutput: StackContext['programOutput'];
  /** Called once everything is ready; `stop` ends the run. */
  readonly whenReady: (stack: RunningStack) => Promise<'stay' | 'stop'>;
}

/**
 * Runs everything on this machine until Ctrl-C, SIGTERM or the death of a part, and resolves with the exit code:
 * 0 asked to, 1 something died or failed, 2 something that a person has to change.
 */
export async function runStack(options: RunOptions): Promise<number> {
  const { say } = options;
  let killParts: () => void = () => undefined;
  const stops = listenForStop(() => {
    killParts();
    process.exit(1);
  });
  try {
    const data = await openDataDirectory(options.config.DATA_DIR, say);
    const parts = partsInOrder(data.processes, () => stops);
    killParts = parts.killAll;
    const context: StackContext = { ...options, data, parts };
    try {
      return await runIn(context, options, stops);
    } finally {
      await parts.stopAll(say);
      data.release();
    }
  } catch (error) {
    if (error instanceof ConfigError || error instanceof NoTemporalError) {
      process.stderr.write(`${error.message}\n`);
      return EXIT_BAD_CONFIG;
    }
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  } finally {
    stops.close();
  }
}

async function runIn(context: StackContext, options: RunOptions, stops: StopRequests): Promise<number> {
  const up = startAll(context, stops);
  const stack = await Promise.race([up, stops.first.then(() => null)]);
  // A start that is given up fails later, at its next step; nobody waits for it any more.
  up.catch(() => undefined);
  if (stack !== null) {
    const lived = options.whenReady(stack).then((wish) => {
      if (wish === 'stop') stops.request({ why: 'done', exitCode: 0 });
    });
    await Promise.race([lived, stops.first]);
  }
  const { why, exitCode } = await stops.first;
  context.say(`stopping: ${why}`);
  if (stack !== null) await sayWhatStays(stack, context.say);
  return exitCode;
}

async function startAll(context: StackContext, stops: StopRequests): Promise<RunningStack> {
  const refuseWhenStopping = () => {
    if (stops.requested() !== null) throw new Error('stopping');
  };
  const port = await claimApiPort(context.config.HOST, context.config.PORT);
  let added: Addresses = {};
  for (const start of [startLedgerServer, startTemporalPart, startSimulatorPart]) {
    refuseWhenStopping();
    added = { ...added, ...(await start(context)) };
  }
  const metricsPort = await reservePort(context.config.WORKER_METRICS_PORT);
  const config: Config = { ...context.config, ...added, PORT: port, WORKER_METRICS_PORT: metricsPort };
  const embeddedTemporal = context.config.TEMPORAL_ADDRESS === undefined;
  const env = programEnvironment(config, context.environment, embeddedTemporal);
  const apiUrl = localUrl(config.HOST, port);
  refuseWhenStopping();
  await startProgram(context, 'worker', { env, healthUrl: `http://127.0.0.1:${metricsPort}/health` });
  refuseWhenStopping();
  await startProgram(context, 'api', { env, healthUrl: `${apiUrl}/health` });
  return { config, apiUrl };
}

async function sayWhatStays(stack: RunningStack, say: (line: string) => void): Promise<void> {
  const live = await countLiveLeases(stack.config.DATABASE_URL ?? '');
  if (live === null || live === 0) return;
  const leases = live === 1 ? '1 lease stays live' : `${live} leases stay live`;
  say(`${leases}: the next start goes on with them, and nothing is deleted until then.`);
  say(`To end one, while it runs: curl -X POST ${stack.apiUrl}/session/<id>/release`);
  say(`To end all: start with ALLOW_NUKE=true, then curl -X POST ${stack.apiUrl}/nuke`);
}
