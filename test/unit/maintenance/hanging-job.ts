/** The module of a thread that waits in a call of the system, as for a disk that does not answer. */
import { readFileSync, writeFileSync } from 'node:fs';
import { threadMain } from '../../../maintenance/thread/thread-main.ts';

await threadMain(
  async ({ pipe, after }: { readonly pipe: string; readonly after: string }, { heartbeat }) => {
    await Promise.resolve();
    heartbeat('about to wait');
    readFileSync(pipe);
    writeFileSync(after, 'went on');
  },
);
