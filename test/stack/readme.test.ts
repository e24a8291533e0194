/**
 * The long-running npm scripts of the README, started as a user starts them, used, and ended by SIGTERM. The others
 * are in processes.test.ts (migrate, config, refusals) and demo.test.ts.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, inject, it } from 'vitest';
import { asEnvironment, PROJECT_ROOT } from '../../dev/child-environment.ts';
import { describePortHolder } from '../../dev/processes/port-holder.ts';
import { createDatabase, query } from '../support/databases.ts';
import { createNamespace } from '../support/namespaces.ts';
import { scratchDirectory } from '../support/parts.ts';
import { freePort, type Settings } from '../support/programs.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { until } from '../support/until.ts';

/** A process has 10 s to finish what it has; npm and its shell end after it. */
const STOP_MS = 15_000;
const started = new Set<ChildProcess>();

interface Script {
  readonly name: string;
  readonly printed: () => string;
  /** Sends SIGTERM to the program that listens on the port; resolves with npm's exit code, which is the program's. */
  stop(port: number): Promise<{ readonly code: number | null; readonly tookMs: number }>;
}

/** `npm run <name>` in a process group of its own. */
function npmRun(name: string, settings: Settings, args: readonly string[] = []): Script {
  const log = join(scratchDirectory('npm'), `${name}.log`);
  const child = spawn('npm', ['run', '--silent', name, ...(args.length > 0 ? ['--', ...args] : [])], {
    cwd: PROJECT_ROOT,
    env: { ...scrubbedEnv(), ...asEnvironment(settings) },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const file = createWriteStream(log);
  child.stdout.pipe(file, { end: false });
  child.stderr.pipe(file, { end: false });
  started.add(child);
  const ended = once(child, 'exit').finally(() => started.delete(child));
  return {
    name,
    printed: () => readFileSync(log, 'utf8'),
    stop: async (port) => {
      const begun = performance.now();
      const pid = Number(/^process (\d+) /.exec(describePortHolder(port))?.[1]);
      expect(pid).toBeGreaterThan(1);
      process.kill(pid, 'SIGTERM');
      const [code] = (await ended) as [number | null];
      return { code, tookMs: performance.now() - begun };
    },
  };
}

afterAll(() => {
  // Whatever a failed test left: npm, its shell and the program are one group.
  for (const { pid } of started) if (pid !== undefined) process.kill(-pid, 'SIGKILL');
});

/** Waits until the program answers there; shows what it printed when it does not. */
const ready = (script: Script, url: string) =>
  until(async () => (await fetch(url)).ok, {
    describe: () => `npm run ${script.name} answers at ${url}; it printed\n${script.printed()}`,
    deadlineMs: 60_000,
  });

it('npm run migrate, simulator, worker and api: a service of single processes, each ended by SIGTERM with code 0', async () => {
  const [simulatorPort, apiPort, workerPort] = [await freePort(), await freePort(), await freePort()];
  const settings: Settings = {
    TEST_MODE: true,
    SIMULATOR_URL: `http://127.0.0.1:${simulatorPort}/v1`,
    DATABASE_URL: await createDatabase('readme', { empty: true }),
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TEMPORAL_NAMESPACE: await createNamespace('readme'),
    PORT: apiPort,
    WORKER_METRICS_PORT: workerPort,
    LEASE_SECONDS: 600,
    YOUNG_OBJECT_SECONDS: 0,
  };
  const migrated = npmRun('migrate', settings);
  await until(async () => (await query(String(settings['DATABASE_URL']), 'SELECT FROM lease')).length === 0, {
    describe: () => `npm run migrate made the schema; it printed\n${migrated.printed()}`,
    deadlineMs: 30_000,
  });
  const data = scratchDirectory('readme-simulator');
  const simulator = npmRun('simulator', {}, ['--port', String(simulatorPort), '--data-dir', data]);
  await ready(simulator, `http://127.0.0.1:${simulatorPort}/_control/health`);
  const worker = npmRun('worker', settings);
  const api = npmRun('api', settings);
  await ready(api, `http://127.0.0.1:${apiPort}/health`);
  await ready(worker, `http://127.0.0.1:${workerPort}/health`);
  await ready(api, `http://127.0.0.1:${apiPort}/health/ready`);

  const session = `http://127.0.0.1:${apiPort}/session/readme`;
  const acquired = await fetch(`${session}/acquire`, { method: 'POST' });
  expect(await acquired.json()).toMatchObject({ reused: false });
  expect((await fetch(`${session}/release`, { method: 'POST' })).status).toBe(202);
  await until(async () => ((await (await fetch(session)).json()) as { state: string }).state === 'closed', {
    describe: 'closed',
    deadlineMs: 30_000,
  });

  const running = [
    [api, apiPort],
    [worker, workerPort],
    [simulator, simulatorPort],
  ] as const;
  for (const [script, port] of running) {
    const { code, tookMs } = await script.stop(port);
    expect(code, `npm run ${script.name} printed\n${script.printed()}`).toBe(0);
    expect(tookMs).toBeLessThan(STOP_MS);
    await expect(fetch(`http://127.0.0.1:${port}/health`)).rejects.toThrow();
  }
}, 180_000);
