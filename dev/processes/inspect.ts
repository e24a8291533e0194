import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** A process as the operating system tells it. The start time tells apart two that had one pid after another. */
export interface ProcessInfo {
  readonly pid: number;
  /** Opaque; equal only for the same process since the same boot. */
  readonly startTime: string;
  readonly commandLine: string;
}

/** The running process with that pid; null where there is none (one that has ended but is not reaped counts so). */
export function inspectProcess(pid: number): ProcessInfo | null {
  return process.platform === 'linux' ? fromProc(pid) : fromPs(pid);
}

/** True where that very process still runs, not another one that got its pid. */
export function isRunning(known: Pick<ProcessInfo, 'pid' | 'startTime'>): boolean {
  return inspectProcess(known.pid)?.startTime === known.startTime;
}

function fromProc(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The second field is the name in brackets and may hold spaces; fields are counted after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    // proc(5): field 3 is the state, field 22 the start in clock ticks since boot.
    if (fields[0] === 'Z' || fields[0] === 'X') return null;
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, startTime: `${bootId}/${fields[19] ?? ''}`, commandLine };
  } catch {
    return null;
  }
}

function fromPs(pid: number): ProcessInfo | null {
  const column = (name: string) =>
    execFileSync('ps', ['-ww', '-o', `${name}=`, '-p', String(pid)], { encoding: 'utf8' }).trim();
  try {
    if (column('stat').startsWith('Z')) return null;
    return { pid, startTime: column('lstart'), commandLine: column('command') };
  } catch {
    return null;
  }
}
