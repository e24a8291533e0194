/**
 * What tests of the whole service stand on. One page:
 *
 *   const stack = await startStack({ LEASE_SECONDS: 5 });     // in beforeAll, or in one test
 *   await fetch(`${stack.api.url}/session/abc/acquire`, { method: 'POST' });
 *   await stack.simulator.control.waitForJournal((entry) => entry.operation === 'delete_store');
 *   await query(stack.databaseUrl, 'SELECT state FROM lease');
 *   await stack.stop();                                        // or leave it: the file's end stops everything
 *
 * Projects `stack` and `crash` share ONE PostgreSQL and ONE Temporal server (global set-up); every stack has its
 * own migrated database, Temporal namespace, simulator, api and worker, so files may run side by side. Settings
 * are environment variables; nothing is inherited from the machine but PATH and the like, and `.env` is ignored.
 *
 * Piece by piece, for tests that need less or more than a whole stack:
 *   databases.ts       createDatabase(label, { empty }) → connection string;  query(url, sql, values)
 *   namespaces.ts      createNamespace(label, address?) → namespace that is ready for use
 *   programs.ts        startSimulator, startApi, startWorker → { part, url, stop }, each ready;  freePort()
 *   parts.ts           kill9(part), pause(part) (SIGSTOP), resume(part), startProgram, scratchDirectory(prefix)
 *   shared-servers.ts  startPostgres(directory), startTemporal(directory, { port }): servers of a file's own, to be
 *                      killed, paused or wiped; register them with adopt(server.part) from parts.ts
 *   until.ts           until(condition, { describe, deadlineMs }): the only way to wait
 *   scrub.ts           scrubbedEnv(): the environment of a child that can reach no provider
 *
 * A failed test prints the last lines of every program that its file started and that still runs.
 */
import { randomBytes } from 'node:crypto';
import { inject } from 'vitest';
import { createDatabase } from './databases.ts';
import { createNamespace } from './namespaces.ts';
import {
  startApi,
  startSimulator,
  startWorker,
  type Program,
  type Settings,
  type SimulatorProgram,
} from './programs.ts';

export interface Stack {
  readonly databaseUrl: string;
  readonly temporalAddress: string;
  readonly namespace: string;
  readonly taskQueue: string;
  readonly simulator: SimulatorProgram;
  /** As started last: see {@link Stack.restartApi}. */
  readonly api: Program;
  readonly worker: Program;
  /** What api and worker were started with; for further ones beside them. */
  readonly settings: Settings;
  /** Starts an api again on the same port, after the test stopped or killed the one before. */
  restartApi(changes?: Settings): Promise<Program>;
  restartWorker(changes?: Settings): Promise<Program>;
  /** Worker, api and simulator, in this order. Servers and database stay until the run ends. */
  stop(): Promise<void>;
}

/** A whole service on the shared servers: simulator, worker and api, ready. */
export async function startStack(changes: Settings = {}): Promise<Stack> {
  const [databaseUrl, namespace, simulator] = await Promise.all([
    createDatabase('stack'),
    createNamespace('stack'),
    startSimulator(),
  ]);
  const settings: Settings = {
    TEST_MODE: true,
    SIMULATOR_URL: simulator.baseUrl,
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: namespace,
    TASK_QUEUE: `test-${randomBytes(4).toString('hex')}`,
    LOG_LEVEL: 'info',
    // A sweep is a test's own to start: at any moment, it would list, and meet faults meant for others.
    SWEEP_INTERVAL_SECONDS: 86_400,
    // Nor does one that runs at two at night back up into the checkout.
    DATABASE_BACKUP_CRON: 'off',
    // A test whose machine stood still for 5 s waits a moment longer, not five minutes.
    OUTAGE_GRACE_SECONDS: 5,
    ...changes,
  };
  const [worker, api] = await Promise.all([startWorker(settings), startApi(settings)]);
  return assemble(settings, { simulator, worker, api });
}

function assemble(
  settings: Settings,
  parts: { simulator: SimulatorProgram; worker: Program; api: Program },
): Stack {
  const running = { ...parts };
  const portOf = (program: Program) => new URL(program.url).port;
  return {
    databaseUrl: String(settings['DATABASE_URL']),
    temporalAddress: String(settings['TEMPORAL_ADDRESS']),
    namespace: String(settings['TEMPORAL_NAMESPACE']),
    taskQueue: String(settings['TASK_QUEUE']),
    simulator: parts.simulator,
    settings,
    get api() {
      return running.api;
    },
    get worker() {
      return running.worker;
    },
    restartApi: async (changes = {}) =>
      (running.api = await startApi({ ...settings, PORT: portOf(running.api), ...changes })),
    restartWorker: async (changes = {}) =>
      (running.worker = await startWorker({
        ...settings,
        WORKER_METRICS_PORT: portOf(running.worker),
        ...changes,
      })),
    stop: async () => {
      await running.worker.stop();
      await running.api.stop();
      await running.simulator.stop();
    },
  };
}
