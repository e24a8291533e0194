/** The module of a thread that sees at once that it shall stop, and has something to tidy up. */
import { threadMain } from '../../../maintenance/thread/thread-main.ts';

const cell = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
const MOMENT_MS = 1;
const TIDYING_MS = 100;

await threadMain(async (_input, { heartbeat, throwIfStopped }) => {
  await Promise.resolve();
  try {
    for (;;) {
      heartbeat('at work');
      throwIfStopped();
      Atomics.wait(cell, 0, 0, MOMENT_MS);
    }
  } finally {
    Atomics.wait(cell, 0, 0, TIDYING_MS);
    heartbeat('tidied up');
  }
});
