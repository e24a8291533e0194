import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ledgerUrlFile, type Config } from '../../config/index.ts';
import { PROJECT_ROOT, scrubbedEnvironment, toolchainEnvironment } from '../child-environment.ts';
import { startCluster } from '../postgres/cluster.ts';
import { lowerPriority } from '../processes/lower-priority.ts';
import { startPart } from '../processes/part.ts';
import { untilReady } from '../processes/until-ready.ts';
import { databaseFileFor } from '../temporal/database-file.ts';
import { findTemporal } from '../temporal/find.ts';
import { startTemporalServer } from '../temporal/server.ts';
import { migrate } from '../../ledger/migrate.ts';
import { mustAnswer } from './http-ready.ts';
import { reservePort } from './reserve-port.ts';
import type { StackContext } from './context.ts';

/** Preferred ports of the helpers; another free one is taken where somebody has these. */
const POSTGRES_PORT = 54_329;
const TEMPORAL_PORT = 7_233;
const TEMPORAL_UI_PORT = 8_233;
const SIMULATOR_PORT = 9_880;
const DATABASE = 'loiter_killer';
const SIMULATOR_DEADLINE_MS = 20_000;

/** The settings that the embedded servers add to the configuration. */
export type Addresses = Partial<
  Pick<Config, 'DATABASE_URL' | 'TEMPORAL_ADDRESS' | 'TEMPORAL_UI_URL' | 'SIMULATOR_URL'>
>;

/** Our own PostgreSQL, unless `DATABASE_URL` names one; migrated either way. */
export async function startLedgerServer(context: StackContext): Promise<Addresses> {
  const { config, data, say } = context;
  let databaseUrl = config.DATABASE_URL;
  if (databaseUrl === undefined) {
    say('starting PostgreSQL');
    const cluster = await startCluster(
      { directory: data.path, port: await reservePort(POSTGRES_PORT), log: data.log('postgres') },
      (part) => context.parts.add(part, ['SIGINT', 'SIGQUIT']),
    );
    databaseUrl = await cluster.database(DATABASE);
  }
  // Commands that run beside us find the ledger by it; with a password inside it is for our user alone.
  const urlFile = ledgerUrlFile(data.path);
  rmSync(urlFile, { force: true });
  writeFileSync(urlFile, databaseUrl, { mode: 0o600 });
  const applied = await migrate(databaseUrl);
  say(applied.length === 0 ? 'the ledger is up to date' : `the ledger was migrated (${applied.join(', ')})`);
  return { DATABASE_URL: databaseUrl };
}

/** Our own Temporal, unless `TEMPORAL_ADDRESS` names one. */
export async function startTemporalPart(context: StackContext): Promise<Addresses> {
  const { config, data, say } = context;
  if (config.TEMPORAL_ADDRESS !== undefined) return {};
  const binary = await findTemporal({
    configured: config.TEMPORAL_CLI,
    env: toolchainEnvironment(context.environment),
    progress: say,
  });
  say(`starting Temporal ${binary.version} (${binary.source}: ${binary.path})`);
  const server = await startTemporalServer(
    {
      binary: binary.path,
      databaseFile: databaseFileFor(binary.version, join(data.path, 'temporal'), say),
      port: await reservePort(TEMPORAL_PORT),
      uiPort: await reservePort(TEMPORAL_UI_PORT),
      log: data.log('temporal'),
    },
    (part) => context.parts.add(part),
  );
  lowerPriority(server.part.pid);
  const ui = config.TEMPORAL_UI_URL ?? server.uiUrl;
  return { TEMPORAL_ADDRESS: server.address, ...(ui === null ? {} : { TEMPORAL_UI_URL: ui }) };
}

/** The simulator, in TEST_MODE, unless `SIMULATOR_URL` names one. */
export async function startSimulatorPart(context: StackContext): Promise<Addresses> {
  const { config, data, say } = context;
  if (!config.TEST_MODE || config.SIMULATOR_URL !== undefined) return {};
  say('starting the simulator');
  const port = await reservePort(SIMULATOR_PORT);
  const part = await startPart({
    name: 'the simulator',
    command: process.execPath,
    args: [join(PROJECT_ROOT, 'simulator/main.ts'), '--port', String(port), '--data-dir', data.path],
    env: scrubbedEnvironment(context.environment),
    log: data.log('simulator'),
  });
  context.parts.add(part);
  await untilReady(part, SIMULATOR_DEADLINE_MS, () => mustAnswer(`http://127.0.0.1:${port}/_control/health`));
  return { SIMULATOR_URL: `http://127.0.0.1:${port}/v1` };
}
