import { setTimeout as later } from 'node:timers';

/** Resolves after that time: what a schedule is made of. Whatever is waited FOR is waited for by `until`. */
export function pauseFor(ms: number): Promise<void> {
  return new Promise((resolve) => void later(resolve, Math.max(0, ms)));
}
