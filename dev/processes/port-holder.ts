import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { inspectProcess } from './inspect.ts';

/** Who listens on a TCP port, as `process 123 (node api/main.ts)`; says so where it cannot be seen. */
export function describePortHolder(port: number): string {
  const pid = process.platform === 'linux' ? pidFromProc(port) : pidFromLsof(port);
  if (pid === null) return 'a process that this user cannot see';
  return `process ${pid} (${inspectProcess(pid)?.commandLine ?? 'unknown'})`;
}

/** /proc/net/tcp: local address in hexadecimal, state 0A = listening, tenth column the socket's inode. */
function pidFromProc(port: number): number | null {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  const inodes = new Set<string>();
  for (const file of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readOrEmpty(file).split('\n')) {
      const columns = line.trim().split(/\s+/);
      const inode = columns[9];
      if (columns[3] === '0A' && columns[1]?.endsWith(wanted) && inode !== undefined) inodes.add(inode);
    }
  }
  return inodes.size === 0 ? null : ownerOfSocket(inodes);
}

function ownerOfSocket(inodes: ReadonlySet<string>): number | null {
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    for (const descriptor of namesIn(`/proc/${entry}/fd`)) {
      const inode = /^socket:\[(\d+)\]$/.exec(linkOrEmpty(`/proc/${entry}/fd/${descriptor}`))?.[1];
      if (inode !== undefined && inodes.has(inode)) return Number(entry);
    }
  }
  return null;
}

function pidFromLsof(port: number): number | null {
  try {
    const out = execFileSync('lsof', ['-nP', '-t', `-iTCP:${port}`, '-sTCP:LISTEN'], { encoding: 'utf8' });
    return Number(out.trim().split('\n')[0]) || null;
  } catch {
    return null;
  }
}

function readOrEmpty(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

function linkOrEmpty(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
