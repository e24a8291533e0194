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
  for (const one of pids) send(one, 'SIGSTOP');
  return () => {
    for (const one of pids) send(one, 'SIGCONT');
  };
}

function send(pid: number, signal: 'SIGSTOP' | 'SIGCONT'): void {
  try {
    process.kill(pid, signal);
  } catch {
    // A child, such as the backend of a connection, may end at any time.
  }
}
