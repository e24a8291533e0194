/** A whole service whose every process may be killed, paused and misled. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Part } from '../../../dev/processes/part.ts';
import { migrate } from '../../../ledger/index.ts';
import { controlSimulator, type SimulatorControl } from '../../../simulator/control-client.ts';
import { freeze } from '../../crash/freeze.ts';
import { CLOCK_BASE_MS } from '../clock.ts';
import { VICTIMS, type Victim } from '../schedule/contract.ts';
import { freePort, startProgram, type Settings } from './programs.ts';
import { serversOf, takePlace, type Place } from './servers.ts';

export interface Rig {
  readonly apiUrl: string;
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly simulatorUrl: string;
  readonly control: SimulatorControl;
  kill(victim: Victim): Promise<void>;
  /** Starts what is dead and waits until it is of use. */
  restart(victim: Victim): Promise<void>;
  /** SIGSTOP; returns the way back. */
  pause(victim: Victim): () => void;
  /** Moves the wall clock that a process sees, for it and those started after it. */
  moveClock(of: 'api' | 'worker', byMs: number): void;
  /** Ends of processes that nobody here brought about, since the last look. */
  deaths(): readonly string[];
  /** The last lines that each process printed. */
  lastWords(): string;
  stop(): Promise<void>;
}

/** Starts one of the processes; `ready` may come much later. */
type Start = () => Promise<{ readonly part: Part; readonly ready: Promise<unknown> }>;

interface Plans {
  readonly starts: Readonly<Record<Victim, Start>>;
  readonly simulator: Start;
  readonly addresses: Pick<Rig, 'apiUrl' | 'databaseUrl' | 'temporalAddress' | 'simulatorUrl'>;
}

const clockFile = (directory: string, of: string): string => join(directory, `clock-${of}`);

function startSimulator(place: Place, port: number): Start {
  return () =>
    startProgram(place.directory, {
      name: 'simulator',
      script: 'simulator/main.ts',
      args: ['--port', String(port), '--in-memory'],
      preload: { module: 'shared-clock.ts', told: { base: String(CLOCK_BASE_MS) } },
      settings: {},
      port,
      ready: '/_control/health',
    });
}

function startOurs(place: Place, name: 'api' | 'worker', settings: Settings): Start {
  const port = Number(settings[name === 'api' ? 'PORT' : 'WORKER_METRICS_PORT']);
  return () =>
    startProgram(place.directory, {
      name,
      script: `${name}/main.ts`,
      preload: { module: 'moved-clock.ts', told: { file: clockFile(place.directory, name) } },
      settings,
      port,
      ready: '/health',
    });
}

async function planOf(place: Place, settings: Settings): Promise<Plans> {
  const servers = await serversOf(place);
  const [postgres, temporal] = await Promise.all([servers.postgres(), servers.temporal()]);
  const simulatorPort = await freePort();
  const simulatorUrl = `http://127.0.0.1:${simulatorPort}/v1`;
  const databaseUrl = await postgres.database('ledger');
  await migrate(databaseUrl);
  const all: Settings = {
    ...settings,
    TEST_MODE: true,
    SIMULATOR_URL: simulatorUrl,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: temporal.address,
    PORT: await freePort(),
    WORKER_METRICS_PORT: await freePort(),
  };
  // The servers run already when they are asked for first.
  const first = { PostgreSQL: [postgres.part], Temporal: [temporal.part] };
  const server = (known: Part[], start: () => Promise<{ readonly part: Part }>): Start => {
    return async () => ({ part: known.pop() ?? (await start()).part, ready: Promise.resolve() });
  };
  return {
    addresses: {
      apiUrl: `http://127.0.0.1:${Number(all['PORT'])}`,
      databaseUrl,
      temporalAddress: temporal.address,
      simulatorUrl,
    },
    simulator: startSimulator(place, simulatorPort),
    starts: {
      api: startOurs(place, 'api', all),
      worker: startOurs(place, 'worker', all),
      PostgreSQL: server(first.PostgreSQL, servers.postgres),
      Temporal: server(first.Temporal, servers.temporal),
    },
  };
}

/** Starts everything and waits until it is of use. */
export async function startRig(settings: Settings): Promise<Rig> {
  const place = await takePlace();
  for (const name of ['api', 'worker']) writeFileSync(clockFile(place.directory, name), '0');
  const { starts, simulator, addresses } = await planOf(place, settings);
  const parts = new Map<string, Part>();
  const wanted = new Set<Part>();
  const died: string[] = [];
  const start = async (name: string, how: Start): Promise<void> => {
    const { part, ready } = await how();
    parts.set(name, part);
    place.note(part);
    void part.ended.then((ending) => {
      if (!wanted.has(part)) died.push(`${name}: ${ending}\n${part.logTail(15)}`);
    });
    await ready;
  };
  const partOf = (victim: Victim): Part => {
    const part = parts.get(victim);
    if (part === undefined) throw new Error(`${victim} was never started`);
    return part;
  };
  await start('simulator', simulator);
  for (const victim of ['PostgreSQL', 'Temporal', 'worker', 'api'] as const) {
    await start(victim, starts[victim]);
  }
  const stopAll = async (): Promise<void> => {
    for (const [name, part] of [...parts].toReversed()) {
      wanted.add(part);
      await part.stop([name === 'PostgreSQL' ? 'SIGINT' : 'SIGTERM'], 12_000);
    }
    place.leave();
  };
  return {
    ...addresses,
    control: controlSimulator(addresses.simulatorUrl),
    kill: async (victim) => {
      const part = partOf(victim);
      wanted.add(part);
      part.signal('SIGKILL');
      await part.ended;
    },
    restart: async (victim) => {
      if (partOf(victim).hasEnded()) await start(victim, starts[victim]);
    },
    pause: (victim) => (partOf(victim).hasEnded() ? () => undefined : freeze(partOf(victim).pid)),
    moveClock: (of, byMs) => writeFileSync(clockFile(place.directory, of), String(byMs)),
    deaths: () => died.splice(0),
    lastWords: () => VICTIMS.map((victim) => `--- ${victim}\n${partOf(victim).logTail(20)}`).join('\n'),
    stop: stopAll,
  };
}
