/** What the bench measures against: real servers of its own in a temporary directory, all on loopback. */
import { chmodSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { machineToolchain } from '../dev/machine-environment.ts';
import { startCluster, type Cluster } from '../dev/postgres/cluster.ts';
import { lowerPriority } from '../dev/processes/lower-priority.ts';
import type { Part } from '../dev/processes/part.ts';
import { takeLock } from '../dev/processes/pid-lock.ts';
import { endLeftovers, registerPart } from '../dev/processes/registry.ts';
import { findTemporal } from '../dev/temporal/find.ts';
import { startTemporalServer } from '../dev/temporal/server.ts';
import { migrate } from '../ledger/index.ts';
import { controlSimulator, type SimulatorControl } from '../simulator/control-client.ts';
import { freePort, startProgram, type Program, type Settings } from './programs.ts';

/** api and worker finish what they have within 10 s. */
const STOP_MS = 12_000;

export interface World {
  /** With the base URL of its provider routes. */
  readonly simulator: SimulatorControl & { readonly baseUrl: string };
  /** A migrated ledger of its own, so that sections do not see one another's leases. */
  database(name: string): Promise<string>;
  api(settings: Settings): Promise<Program>;
  worker(settings: Settings): Promise<Program>;
  /** The yardsticks of `bare-fastify.ts`. */
  bare(databaseUrl: string): Promise<Program>;
  stop(...programs: readonly Program[]): Promise<void>;
  close(): Promise<void>;
}

/** One place for all runs: a run that was killed leaves its children's notes there, and the next one ends them. */
async function makeDirectory(): Promise<{ readonly directory: string; readonly release: () => void }> {
  const directory = join(tmpdir(), `loiter-killer-bench-${userInfo().username}`);
  mkdirSync(directory, { recursive: true });
  chmodSync(directory, 0o711); // PostgreSQL may run as another user
  const release = takeLock(join(directory, 'lock'));
  await endLeftovers(join(directory, 'processes'));
  for (const name of readdirSync(directory)) {
    if (name !== 'lock') rmSync(join(directory, name), { recursive: true, force: true });
  }
  mkdirSync(join(directory, 'logs'));
  return { directory, release };
}

async function startServers(directory: string, own: (part: Part) => void, say: (line: string) => void) {
  const log = (name: string): string => join(directory, 'logs', `${name}.log`);
  const cluster = await startCluster({ directory, port: await freePort(), log: log('postgres') }, own);
  const binary = await findTemporal({ configured: undefined, env: machineToolchain(), progress: say });
  const databaseFile = join(directory, 'temporal.db');
  const port = await freePort();
  const temporal = await startTemporalServer(
    { binary: binary.path, databaseFile, port, uiPort: null, log: log('temporal') },
    own,
  );
  lowerPriority(temporal.part.pid); // as npm start does
  const simulatorPort = await freePort();
  const args = ['--port', String(simulatorPort), '--data-dir', directory];
  const simulator = await startProgram(
    directory,
    { name: 'simulator', script: 'simulator/main.ts', args, port: simulatorPort, ready: '/_control/health' },
    own,
  );
  return { cluster, temporal, simulator };
}

async function migrated(cluster: Cluster, name: string): Promise<string> {
  const url = await cluster.database(name);
  await migrate(url);
  return url;
}

async function startBare(
  directory: string,
  databaseUrl: string,
  own: (part: Part) => void,
): Promise<Program> {
  const port = await freePort();
  const args = [String(port), databaseUrl];
  const plan = { name: 'bare', script: 'bench/bare-fastify.ts', args, port, ready: '/health' };
  return startProgram(directory, plan, own);
}

/** Starts PostgreSQL, Temporal and the simulator; api and worker are each section's own. */
export async function openWorld(say: (line: string) => void): Promise<World> {
  const { directory, release } = await makeDirectory();
  const parts: Part[] = [];
  const own = (part: Part): void => {
    parts.push(part);
    registerPart(join(directory, 'processes'), part);
  };
  const { cluster, temporal, simulator } = await startServers(directory, own, say);
  const shared: Settings = {
    TEST_MODE: true,
    MAX_VECTOR_STORES: 0,
    SIMULATOR_URL: `${simulator.url}/v1`,
    TEMPORAL_ADDRESS: temporal.address,
  };
  const start = async (name: 'api' | 'worker', portName: string, settings: Settings): Promise<Program> => {
    const port = await freePort();
    const all = { ...shared, ...settings, [portName]: port };
    const plan = { name, script: `${name}/main.ts`, settings: all, port, ready: '/health' };
    return startProgram(directory, plan, own);
  };
  return {
    simulator: { ...controlSimulator(simulator.url), baseUrl: `${simulator.url}/v1` },
    database: async (name) => migrated(cluster, name),
    api: async (settings) => start('api', 'PORT', settings),
    worker: async (settings) => {
      const worker = await start('worker', 'WORKER_METRICS_PORT', settings);
      lowerPriority(worker.part.pid);
      return worker;
    },
    bare: async (databaseUrl) => startBare(directory, databaseUrl, own),
    stop: async (...programs) => {
      for (const { part } of programs) await part.stop(['SIGTERM'], STOP_MS);
    },
    close: async () => {
      for (const part of parts.toReversed()) if (!part.hasEnded()) await part.stop(['SIGTERM'], STOP_MS);
      release();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
