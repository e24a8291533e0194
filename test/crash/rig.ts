/** A whole service on servers of its own, each of which can be killed and brought back. */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Cluster } from '../../dev/postgres/cluster.ts';
import type { TemporalServer } from '../../dev/temporal/server.ts';
import { adopt, kill9, scratchDirectory } from '../support/parts.ts';
import type { Settings } from '../support/programs.ts';
import { startPostgres, startTemporal } from '../support/shared-servers.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { openLedgerGate, type LedgerGate } from './ledger-gate.ts';

export const VICTIMS = ['api', 'worker', 'Temporal', 'PostgreSQL'] as const;
export type Victim = (typeof VICTIMS)[number];

export interface Rig {
  readonly stack: Stack;
  /** api and worker reach the ledger through it, unless the rig was started without. */
  readonly gate: LedgerGate;
  /** Past the gate, for the test's own looks. */
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  postgres(): Cluster;
  temporal(): TemporalServer;
  kill(victim: Victim): Promise<void>;
  /** Starts what was killed or stopped, on the same port with the same state. */
  restart(victim: Victim): Promise<void>;
  /** Kills Temporal and removes everything it knows. */
  wipeTemporal(): Promise<void>;
  /** Whatever a failed test left dead. */
  heal(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Small numbers, so that a claim runs out, a lease expires and a drain is proven within seconds. A create may take
 * 3 s: longer than an exchange may be held (2 s) and the kill that follows.
 */
export const QUICK: Settings = {
  LEASE_SECONDS: 4,
  PROVIDER_CREATE_TIMEOUT_SECONDS: 3,
  PROVIDER_TIMEOUT_SECONDS: 10,
  CLAIM_MARGIN_SECONDS: 1,
  CONFIRM_GONE_SECONDS: 1,
  YOUNG_OBJECT_SECONDS: 2,
  OUTBOX_POLL_SECONDS: 1,
};

/** Starts everything. What it starts ends with the test file at the latest. */
export async function startRig(
  settings: Settings = {},
  options: { readonly gated: boolean } = { gated: true },
): Promise<Rig> {
  const directory = scratchDirectory('servers');
  // PostgreSQL runs as another user where we are root, and has to get through to its data.
  chmodSync(directory, 0o711);
  const [firstPostgres, firstTemporal] = await Promise.all([
    startPostgres(directory),
    startTemporal(directory),
  ]);
  const servers = { postgres: firstPostgres, temporal: firstTemporal };
  adopt(servers.postgres.part, 'SIGINT');
  adopt(servers.temporal.part);
  const databaseUrl = await servers.postgres.database('ledger');
  const gate = await openLedgerGate(servers.postgres.port);
  const gated = new URL(databaseUrl);
  gated.port = String(gate.port);
  const stack = await startStack({
    ...QUICK,
    MAX_VECTOR_STORES: 0,
    DATABASE_URL: options.gated ? gated.href : databaseUrl,
    TEMPORAL_ADDRESS: servers.temporal.address,
    TEMPORAL_NAMESPACE: 'default',
    ...settings,
  });
  const partOf = (victim: Victim) =>
    ({
      api: stack.api.part,
      worker: stack.worker.part,
      Temporal: servers.temporal.part,
      PostgreSQL: servers.postgres.part,
    })[victim];
  const restart = (victim: Victim) => restartOne({ victim, directory, servers, stack });
  return {
    stack,
    gate,
    databaseUrl,
    temporalAddress: servers.temporal.address,
    postgres: () => servers.postgres,
    temporal: () => servers.temporal,
    kill: (victim) => kill9(partOf(victim)),
    restart,
    wipeTemporal: async () => {
      await kill9(servers.temporal.part);
      for (const rest of ['', '-wal', '-shm']) {
        rmSync(join(directory, 'temporal', `temporal.db${rest}`), { force: true });
      }
    },
    heal: async () => {
      for (const victim of ['PostgreSQL', 'Temporal', 'worker', 'api'] as const) {
        if (partOf(victim).hasEnded()) await restart(victim);
      }
    },
    stop: async () => {
      gate.close();
      await stack.stop();
      await servers.temporal.stop();
      await servers.postgres.stop();
    },
  };
}

interface Restart {
  readonly victim: Victim;
  readonly directory: string;
  readonly servers: { postgres: Cluster; temporal: TemporalServer };
  readonly stack: Stack;
}

async function restartOne({ victim, directory, servers, stack }: Restart): Promise<void> {
  if (victim === 'api') await stack.restartApi();
  if (victim === 'worker') await stack.restartWorker();
  if (victim === 'Temporal') {
    const port = Number(servers.temporal.address.split(':')[1]);
    servers.temporal = await startTemporal(directory, { port });
    adopt(servers.temporal.part);
  }
  if (victim === 'PostgreSQL') {
    const { port } = servers.postgres;
    // Children of a killed postmaster hold its shared memory until they notice its death.
    servers.postgres = await until(() => startPostgres(directory, { port }), {
      describe: 'PostgreSQL running again',
      deadlineMs: 30_000,
      everyMs: 200,
    });
    adopt(servers.postgres.part, 'SIGINT');
  }
}
