import { setTimeout as delay } from 'node:timers/promises';
import { residentMiB } from './resident-memory.ts';

const SAMPLE_MS = 50;

/** Highest resident memory of a process while `work` goes on, in MiB. */
export async function peakMiB(pid: number, work: () => Promise<unknown>): Promise<number> {
  const going = { on: true };
  const done = work().finally(() => {
    going.on = false;
  });
  let peak = 0;
  while (going.on) {
    peak = Math.max(peak, await residentMiB(pid));
    await delay(SAMPLE_MS);
  }
  await done;
  return peak;
}
