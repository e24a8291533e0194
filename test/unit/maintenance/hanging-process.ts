/** A process in which something hangs in a call of the system, or works; it ends in the way that its second argument says. */
import { readFile } from 'node:fs/promises';
import { pino } from 'pino';
import { runInThread } from '../../../maintenance/thread/run-in-thread.ts';
import { endProcess } from '../../../maintenance/thread/end-process.ts';

const [pipe = '', how, what] = process.argv.slice(2);
if (what === 'job') {
  const stopping = new AbortController();
  const hanging = new URL('./hanging-job.ts', import.meta.url);
  const heartbeat = () => stopping.abort(new Error('stopping'));
  const running = runInThread(hanging, { pipe }, { signal: stopping.signal, heartbeat, graceMs: 500 });
  await running.catch(() => undefined);
} else if (what === 'busy') {
  const busy = new URL('./obedient-job.ts', import.meta.url);
  const begun = Promise.withResolvers<void>();
  const working = { signal: new AbortController().signal, heartbeat: () => begun.resolve() };
  runInThread(busy, undefined, working).catch(() => undefined);
  await begun.promise;
} else {
  void readFile(pipe);
}
process.stdout.write('left\n');
if (how === 'exit') process.exit(0);
const log = pino(pino.destination({ sync: false, minLength: 4_096 }));
endProcess(3, log);
endProcess(4, log);
