import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runInThread } from '../../../maintenance/thread/run-in-thread.ts';
import { threadsRunning } from '../../../maintenance/thread/threads-running.ts';
import { scratchDirectory } from '../../support/parts.ts';
import { until } from '../../support/until.ts';

const HANGING = new URL('./hanging-job.ts', import.meta.url);
const OBEDIENT = new URL('./obedient-job.ts', import.meta.url);
/** Ample for a thread to get from its last word to its call. */
const GRACE_MS = 1_000;
const REASON = new Error('the worker stops');

/** Opens the pipe where somebody waits to read from it. Whoever waited has his answer once it is closed. */
function openForReader(pipe: string): number | undefined {
  try {
    return openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return undefined;
  }
}

it('leaves a thread that hangs in a call of the system once its grace is over; it does nothing more', async () => {
  const directory = scratchDirectory('thread');
  const pipe = join(directory, 'pipe');
  const after = join(directory, 'after');
  execFileSync('mkfifo', [pipe]);
  const stopping = new AbortController();
  const beats: unknown[] = [];
  const running = runInThread(
    HANGING,
    { pipe, after },
    { signal: stopping.signal, heartbeat: (beat) => beats.push(beat), graceMs: GRACE_MS },
  );
  await until(() => beats.length > 0, { describe: 'the thread at its call' });
  stopping.abort(REASON);
  await expect(running).rejects.toBe(REASON);
  expect(threadsRunning()).toBe(1);
  const end = await until(() => openForReader(pipe), { describe: 'the thread in its call' });
  closeSync(end);
  await until(() => threadsRunning() === 0, { describe: 'the end of the thread' });
  expect(existsSync(after)).toBe(false);
});

it.each([30_000, null])(
  'waits for a thread that sees that it shall stop, with a grace of %s ms',
  async (graceMs) => {
    const stopping = new AbortController();
    const beats: unknown[] = [];
    const running = runInThread(OBEDIENT, undefined, {
      signal: stopping.signal,
      heartbeat: (beat) => beats.push(beat),
      graceMs,
    });
    await until(() => beats.length > 0, { describe: 'the thread at work' });
    stopping.abort(REASON);
    await expect(running).rejects.toBe(REASON);
    expect(beats.at(-1)).toBe('tidied up');
  },
);
