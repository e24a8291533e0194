/** A parent that is killed leaves processes behind; the next one ends those, and no others. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectProcess, isRunning, type ProcessInfo } from '../../../dev/processes/inspect.ts';
import { startPart } from '../../../dev/processes/part.ts';
import { endLeftovers, registerPart, type RegisteredProcess } from '../../../dev/processes/registry.ts';
import { adopt, kill9, scratchDirectory } from '../../support/parts.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { until } from '../../support/until.ts';

const scratch = () => scratchDirectory('leftovers');
const SLEEP_FOR_EVER = 'setInterval(() => undefined, 1000)';
const IGNORE_SIGTERM = `process.on('SIGTERM', () => undefined); ${SLEEP_FOR_EVER}`;
const env = scrubbedEnv();

async function child(directory: string, script = SLEEP_FOR_EVER) {
  const args = ['-e', script, 'a b'];
  const log = join(directory, 'log');
  return adopt(await startPart({ name: 'child', command: process.execPath, args, env, log }));
}

/** A real orphan: its parent notes it in `directory` as the stack does, and is then killed with SIGKILL. */
async function orphan(directory: string): Promise<ProcessInfo> {
  const module = (file: string) =>
    JSON.stringify(new URL(`../../../dev/processes/${file}`, import.meta.url).href);
  const parent = spawn(
    process.execPath,
    [
      '--input-type=module',
      '-e',
      `import { startPart } from ${module('part.ts')};
       import { registerPart } from ${module('registry.ts')};
       const part = await startPart({ name: 'orphan', command: process.execPath,
         args: ['-e', ${JSON.stringify(SLEEP_FOR_EVER)}], env: {}, log: ${JSON.stringify(join(directory, 'log'))} });
       registerPart(${JSON.stringify(directory)}, part);
       console.log(part.pid);
       setInterval(() => undefined, 1000);`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env },
  );
  const [line] = (await once(parent.stdout, 'data')) as [Buffer];
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  const info = inspectProcess(Number(line.toString()));
  if (info === null) throw new Error('the orphan did not survive its parent');
  return info;
}

test('an orphan of a killed parent is ended, and its note removed', async () => {
  const directory = scratch();
  const left = await orphan(directory);
  expect(isRunning(left)).toBe(true);
  expect(await endLeftovers(directory)).toEqual([`orphan (pid ${left.pid})`]);
  expect(isRunning(left)).toBe(false);
  expect(readdirSync(directory)).toEqual(['log']);
  expect(await endLeftovers(directory)).toEqual([]);
});

test.each(['startTime', 'commandLine'] as const)('a process with another %s is left alone', async (field) => {
  const directory = scratch();
  const innocent = await child(directory);
  registerPart(directory, innocent);
  const note = join(directory, `${innocent.pid}.json`);
  const entry = JSON.parse(readFileSync(note, 'utf8')) as RegisteredProcess;
  writeFileSync(note, JSON.stringify({ ...entry, [field]: 'another' }));
  expect(await endLeftovers(directory)).toEqual([]);
  expect(isRunning(innocent)).toBe(true);
  await innocent.stop();
});

test('one that stands still is woken to be ended', async () => {
  const directory = scratch();
  const stopped = await child(directory);
  registerPart(directory, stopped);
  stopped.signal('SIGSTOP');
  expect(await endLeftovers(directory)).toHaveLength(1);
  expect(await stopped.ended).toBe('signal SIGTERM');
});

test('a child that ends takes its note along', async () => {
  const directory = scratch();
  const part = await child(directory);
  registerPart(directory, part);
  expect(readdirSync(directory)).toContain(`${part.pid}.json`);
  await kill9(part);
  await until(() => !readdirSync(directory).includes(`${part.pid}.json`), { describe: 'note removed' });
});

test('stop goes on to SIGKILL where a signal is not heard', async () => {
  const directory = scratch();
  const deaf = await child(directory, `${IGNORE_SIGTERM}; console.log('deaf')`);
  await until(() => deaf.logTail().includes('deaf'), { describe: 'child deaf to SIGTERM' });
  expect(await deaf.stop(['SIGTERM'], 200)).toBe('signal SIGKILL');
});

test('a child has a process group of its own: Ctrl-C at the terminal is for its parent', async () => {
  const part = await child(scratch());
  // Signalling the group only works where the child leads one.
  process.kill(-part.pid, 'SIGTERM');
  expect(await part.ended).toBe('signal SIGTERM');
});

test('a command that does not exist is told, not thrown at the process', async () => {
  const options = { name: 'nothing', command: '/does/not/exist', args: [], env, log: join(scratch(), 'log') };
  await expect(startPart(options)).rejects.toThrow(/nothing cannot be started: .*ENOENT/);
});

test('the process table knows command line and start of a process, and nothing of a dead one', async () => {
  const part = await child(scratch());
  const info = inspectProcess(part.pid);
  expect(info?.commandLine).toContain('a b');
  expect(info?.startTime).toBe(part.startTime);
  expect(part.startTime).not.toBe('');
  await kill9(part);
  expect(inspectProcess(part.pid)).toBeNull();
});
