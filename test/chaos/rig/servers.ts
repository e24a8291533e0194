/** The servers that api and worker need, each on a port that it keeps over restarts. */
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { machineToolchain } from '../../../dev/machine-environment.ts';
import { startCluster, type Cluster } from '../../../dev/postgres/cluster.ts';
import type { Part } from '../../../dev/processes/part.ts';
import { takeLock } from '../../../dev/processes/pid-lock.ts';
import { endLeftovers, registerPart } from '../../../dev/processes/registry.ts';
import { findTemporal } from '../../../dev/temporal/find.ts';
import { startTemporalServer, type TemporalServer } from '../../../dev/temporal/server.ts';
import { until } from '../../support/until.ts';
import { freePort } from './programs.ts';

export interface Place {
  readonly directory: string;
  /** Notes a process, so that a later run can end what this one left. */
  note(part: Part): void;
  leave(): void;
}

/** A directory of this run's own; what killed runs left is ended and removed first. */
export async function takePlace(): Promise<Place> {
  const parent = join(tmpdir(), `loiter-killer-chaos-${userInfo().uid}`);
  mkdirSync(parent, { recursive: true });
  chmodSync(parent, 0o711); // PostgreSQL may run as another user
  for (const name of readdirSync(parent)) {
    if (name.startsWith('run-')) await endKilledRun(join(parent, name));
  }
  const directory = join(parent, `run-${process.pid}`);
  // Locked before it has the name of a run: another one would take it for a dead one.
  const unlocked = join(parent, `new-${process.pid}`);
  mkdirSync(join(unlocked, 'logs'), { recursive: true, mode: 0o711 });
  takeLock(join(unlocked, 'lock'));
  renameSync(unlocked, directory);
  return {
    directory,
    note: (part) => registerPart(join(directory, 'processes'), part),
    leave: () => rmSync(directory, { recursive: true, force: true }),
  };
}

async function endKilledRun(directory: string): Promise<void> {
  try {
    takeLock(join(directory, 'lock'));
  } catch {
    return; // under way
  }
  await endLeftovers(join(directory, 'processes'));
  rmSync(directory, { recursive: true, force: true });
}

export interface Servers {
  postgres(): Promise<Cluster>;
  temporal(): Promise<TemporalServer>;
}

/** How to start each server, again and again, with what it knew before. */
export async function serversOf({ directory, note }: Place): Promise<Servers> {
  const log = (name: string): string => join(directory, 'logs', `${name}.log`);
  const say = (line: string): void => console.error(line);
  const binary = (await findTemporal({ configured: undefined, env: machineToolchain(), progress: say })).path;
  const [postgresPort, temporalPort] = [await freePort(), await freePort()];
  const databaseFile = join(directory, 'temporal.db');
  return {
    // Children of a killed postmaster hold its shared memory until they notice its death.
    postgres: () =>
      until(() => startCluster({ directory, port: postgresPort, log: log('postgres') }, note), {
        describe: 'PostgreSQL running again',
        deadlineMs: 60_000,
        everyMs: 200,
      }),
    temporal: () =>
      startTemporalServer(
        { binary, databaseFile, port: temporalPort, uiPort: null, log: log('temporal') },
        note,
      ),
  };
}
