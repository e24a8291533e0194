import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import getPort from 'get-port';
import { toolchainEnvironment } from '../../dev/child-environment.ts';
import { startCluster, type Cluster, type ClusterOptions } from '../../dev/postgres/cluster.ts';
import type { Part } from '../../dev/processes/part.ts';
import { registerPart } from '../../dev/processes/registry.ts';
import { findTemporal } from '../../dev/temporal/find.ts';
import { startTemporalServer, type TemporalServer } from '../../dev/temporal/server.ts';

/** Connections of three test files at once, each with api, worker and its own looks at the ledger. */
const MAX_CONNECTIONS = 300;

/**
 * A PostgreSQL of its own below `directory`, recorded so that a later run can end it. The same directory and port
 * again bring back one that was stopped or killed.
 */
export async function startPostgres(
  directory: string,
  options: Pick<Partial<ClusterOptions>, 'port' | 'survivesPowerLoss'> = {},
): Promise<Cluster> {
  const home = join(directory, 'cluster');
  mkdirSync(home, { recursive: true, mode: 0o711 });
  return startCluster(
    {
      directory: home,
      port: options.port ?? (await getPort({ host: '127.0.0.1' })),
      log: join(home, 'postgres.log'),
      maxConnections: MAX_CONNECTIONS,
      survivesPowerLoss: options.survivesPowerLoss ?? true,
    },
    (part) => record(directory, part, 'SIGINT'),
  );
}

/** A Temporal dev server of its own below `directory`, with its state in a file. */
export async function startTemporal(
  directory: string,
  options: { port?: number; ui?: boolean } = {},
): Promise<TemporalServer> {
  const home = join(directory, 'temporal');
  mkdirSync(home, { recursive: true });
  return startTemporalServer(
    {
      binary: await temporalBinary(),
      databaseFile: join(home, 'temporal.db'),
      port: options.port ?? (await getPort({ host: '127.0.0.1' })),
      uiPort: options.ui === true ? await getPort({ host: '127.0.0.1' }) : null,
      log: join(home, 'temporal.log'),
    },
    (part) => record(directory, part, 'SIGTERM'),
  );
}

/** Path of the Temporal binary; the first run on a machine has to fetch or build it and says so. */
export async function temporalBinary(): Promise<string> {
  const progress = (line: string) => console.error(line);
  return (await findTemporal({ configured: undefined, env: toolchainEnvironment(process.env), progress }))
    .path;
}

function record(directory: string, part: Part, signal: NodeJS.Signals): void {
  registerPart(join(directory, 'processes'), part, signal);
}
