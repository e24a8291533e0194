import { readdirSync, writeFileSync } from 'node:fs';
import { constants, setPriority } from 'node:os';

/**
 * Lets a running child work only with what others leave. On one machine the answers to callers come first, what
 * happens behind them (starting workflows, deleting) may take a little longer. On Linux a priority belongs to each
 * thread, and a new thread takes that of its maker. Where it cannot be set, nothing is lost.
 */
export function lowerPriority(pid: number): void {
  lowerGroup(pid);
  for (const task of tasksOf(pid)) {
    try {
      setPriority(task, constants.priority.PRIORITY_BELOW_NORMAL);
    } catch {
      continue; // a thread that ended meanwhile, or a system that does not let us
    }
  }
}

/** Where the kernel groups processes by session (each part has its own), only the group's value counts. */
function lowerGroup(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/autogroup`, String(constants.priority.PRIORITY_BELOW_NORMAL));
  } catch {
    return; // no such grouping here
  }
}

function tasksOf(pid: number): readonly number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).map(Number);
  } catch {
    return [pid];
  }
}
