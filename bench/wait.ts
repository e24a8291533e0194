import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 200;

/** Polls until `done` says so; resolves with the seconds it took. Rejects after the deadline. */
export async function secondsUntil(
  done: () => Promise<boolean>,
  deadline: { readonly seconds: number; readonly describe: string },
): Promise<number> {
  const begin = performance.now();
  while (!(await done())) {
    if (performance.now() - begin > deadline.seconds * 1000) {
      throw new Error(`not within ${deadline.seconds} s: ${deadline.describe}`);
    }
    await delay(POLL_MS);
  }
  return (performance.now() - begin) / 1000;
}
