/** Set-up of every test file: a clean environment, logs of failed tests, and nothing left behind. */
import { afterEach, beforeAll } from 'vitest';
import { endFile } from './file-end.ts';
import { openParts, stopOpenParts } from './parts.ts';
import { removeOwnRunDirectory } from './run-directory.ts';
import { scrubProcessEnvironment } from './scrub.ts';

scrubProcessEnvironment();

afterEach(({ task }) => {
  if (task.result?.state !== 'fail') return;
  for (const part of openParts())
    console.error(`--- ${part.name} (pid ${part.pid}) ---\n${part.logTail(40)}`);
});

// Registered before the file's own hooks, and so the last to run, what their `beforeAll` has returned included: takes what
// the file did not stop itself.
beforeAll(() => async () => {
  await stopOpenParts();
  await endFile();
  removeOwnRunDirectory();
});
