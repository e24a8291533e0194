import { execFileSync } from 'node:child_process';

/** The process and its children, as they are now. */
function family(pid: number): number[] {
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid='], { encoding: 'utf8' }).trim().split('\n');
  const pairs = lines.map((line) => line.trim().split(/\s+/).map(Number));
  return [pid, ...pairs.filter(([, parent]) => parent === pid).map(([child]) => child ?? pid)];
}

/**
 * SIGSTOP to a server and every process of it: connections stay open and nothing is answered any more. Returns the
 * way back.
 */
export function freeze(pid: number): () => void {
  const pids = family(pid);
  for (const one of pids) process.kill(one, 'SIGSTOP');
  return () => {
    for (const one of pids) resume(one);
  };
}

function resume(pid: number): void {
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // A child that was killed meanwhile has nothing to go on with.
  }
}
