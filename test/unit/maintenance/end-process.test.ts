import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { scratchDirectory } from '../../support/parts.ts';
import { scrubbedEnv } from '../../support/scrub.ts';
import { until } from '../../support/until.ts';

const SCRIPT = join(import.meta.dirname, 'hanging-process.ts');

/** A process in which something waits in a call of the system, once it has been left. */
async function startHanging(how: 'exit' | 'end', what: 'job' | 'call' | 'busy' = 'job') {
  const pipe = join(scratchDirectory('hanging'), 'pipe');
  execFileSync('mkfifo', [pipe]);
  const child = spawn(process.execPath, [SCRIPT, pipe, how, what], {
    env: scrubbedEnv(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let printed = '';
  child.stdout.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  await until(() => printed.includes('left\n'), { describe: 'the job left behind' });
  return { pipe, child, ended, printed: () => printed };
}

it.each([
  ['a job', 'job', '"threads":1,"calls":0'],
  ['a call to a file system', 'call', '"threads":0,"calls":1'],
] as const)('ends with %s that hangs, having said so', async (_name, what, told) => {
  const { ended, printed } = await startHanging('end', what);
  expect(await ended).toEqual([null, 'SIGKILL']);
  expect(printed()).toContain(`"event":"process_killed",${told}`);
});

it('which Node by itself does not', async () => {
  const { pipe, child, ended } = await startHanging('exit');
  // The thread waits in its call yet, after the process has begun to exit: it ends with that call.
  const end = openSync(pipe, constants.O_WRONLY);
  expect(child.exitCode ?? child.signalCode).toBeNull();
  closeSync(end);
  expect(await ended).toEqual([0, null]);
});

it('ends with a job that is at work, with the first code it was given', async () => {
  const { ended, printed } = await startHanging('end', 'busy');
  expect(await ended).toEqual([3, null]);
  expect(printed()).not.toContain('process_killed');
});
