import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client } from 'pg';
import { startPart, type Part } from '../processes/part.ts';
import { untilReady } from '../processes/until-ready.ts';
import { postgresAccount } from './account.ts';
import { postgresBinaries } from './binaries.ts';
import { reachableData } from './open-place.ts';
import { initialiseCluster, SUPERUSER } from './initialise.ts';

/** Recovery after a crash replays the log first. */
const READY_DEADLINE_MS = 60_000;
/** SIGINT is PostgreSQL's fast shutdown (ends sessions, writes a checkpoint), SIGQUIT the immediate one. */
const STOP_SIGNALS = ['SIGINT', 'SIGQUIT'] as const;

export interface ClusterOptions {
  /** Everything of this cluster lives in here; made where it does not exist. */
  readonly directory: string;
  readonly port: number;
  /** Server log file. */
  readonly log: string;
  readonly maxConnections?: number;
  /** False: what was committed outlives the death of PostgreSQL, and not that of the machine. Default true. */
  readonly survivesPowerLoss?: boolean;
}

export interface Cluster {
  readonly part: Part;
  readonly port: number;
  /** Connection string of a database of this cluster. */
  url(database: string): string;
  /** The same, after making the database where it does not exist. */
  database(name: string): Promise<string>;
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL on loopback with its data in `directory/postgres`, made on the first start. The password is
 * random and kept beside it, readable by us only.
 */
export async function startCluster(
  options: ClusterOptions,
  started: (part: Part) => void = () => undefined,
): Promise<Cluster> {
  const data = reachableData(join(options.directory, 'postgres'));
  const password = await keptPassword(join(options.directory, 'postgres.password'), data);
  if (!existsSync(join(data, 'PG_VERSION'))) await initialiseCluster(data, password);
  const part = await startServer(data, options);
  started(part);
  const url = (database: string) =>
    `postgres://${SUPERUSER}:${password}@127.0.0.1:${options.port}/${encodeURIComponent(database)}`;
  await untilReady(part, READY_DEADLINE_MS, () => probe(url('postgres')));
  return {
    part,
    port: options.port,
    url,
    database: async (name) => {
      await ensureDatabase(url('postgres'), name);
      return url(name);
    },
    stop: async () => {
      await part.stop(STOP_SIGNALS, 15_000);
    },
  };
}

async function keptPassword(file: string, data: string): Promise<string> {
  if (existsSync(join(data, 'PG_VERSION'))) return (await readFile(file, 'utf8')).trim();
  const password = randomBytes(24).toString('base64url');
  await writeFile(file, password, { mode: 0o600 });
  return password;
}

async function startServer(data: string, options: ClusterOptions): Promise<Part> {
  const { postgres } = await postgresBinaries();
  const forced = options.survivesPowerLoss === false ? 'off' : 'on';
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 100),
    fsync: forced,
    synchronous_commit: 'on',
    full_page_writes: forced,
    timezone: 'UTC',
    log_timezone: 'UTC',
  };
  const flags = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
  return startPart({
    name: 'PostgreSQL',
    command: postgres,
    args: ['-D', data, '-p', String(options.port), ...flags],
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
    cwd: '/',
    log: options.log,
    ...(postgresAccount() ?? {}),
  });
}

async function probe(url: string): Promise<void> {
  await withClient(url, (client) => client.query('SELECT 1'));
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  await withClient(url, async (client) => {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [name]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`);
  });
}

async function withClient(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 2_000 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await work(client);
  } finally {
    await client.end();
  }
}
