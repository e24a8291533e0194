import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openSpool } from '../../../files/spool.ts';
import { removeLeftovers, spoolName } from '../../../files/spool-leftovers.ts';
import { until } from '../../support/until.ts';

const HOUR_MS = 3_600_000;
const OLD = new Date(Date.now() - 2 * HOUR_MS);
const RANDOM = '0123456789ab';
/** Of a process that has ended, and whose parent has seen it end. */
const DEAD_PID = spawnSync(process.execPath, ['-e', '']).pid;

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'leftovers-'));
});
afterEach(() => {
  rmSync(directory, { recursive: true });
});

/** A folder with a file in it. */
function leave(name: string, { old = false } = {}): string {
  const folder = join(directory, name);
  mkdirSync(folder);
  writeFileSync(join(folder, 'file'), 'x');
  if (old) for (const path of [join(folder, 'file'), folder]) utimesSync(path, OLD, OLD);
  return folder;
}

const own = spoolName({ hostname: 'here', pid: process.pid }, 'ffffffffffff');
const tidy = () => removeLeftovers({ directory, own, hostname: 'here', pid: process.pid, maxAgeMs: HOUR_MS });

describe('what is left over', () => {
  it.each([
    ['of a dead process', `here-${DEAD_PID}-${RANDOM}`, false, false],
    ['of a process before us with our id', `here-${process.pid}-${RANDOM}`, false, false],
    ['our own', own, true, true],
    ['of a live process', `here-${process.ppid}-${RANDOM}`, false, true],
    ['of a live process, old', `here-${process.ppid}-${RANDOM}`, true, false],
    ['of a dead process of another host', `there-${DEAD_PID}-${RANDOM}`, false, true],
    ['of a host whose name begins like ours', `here-2-${DEAD_PID}-${RANDOM}`, false, true],
    ['of another host, with our process id', `there-${process.pid}-${RANDOM}`, false, true],
    ['of another host, old', `there-${DEAD_PID}-${RANDOM}`, true, false],
    ['what has another name, old', `here-${DEAD_PID}-${RANDOM}-2`, true, true],
  ])('%s', async (_what, name, old, stays) => {
    const folder = leave(name, { old });
    await tidy();
    expect(existsSync(join(folder, 'file'))).toBe(stays);
    expect(existsSync(folder)).toBe(stays);
  });

  it('of a live process is removed file by file', async () => {
    const folder = leave(`there-1-${RANDOM}`, { old: true });
    writeFileSync(join(folder, 'young'), 'x');
    await tidy();
    expect(readdirSync(folder)).toEqual(['young']);
    utimesSync(folder, OLD, OLD);
    await tidy();
    expect(readdirSync(folder)).toEqual(['young']);
  });

  it('that is empty waits for its age too', async () => {
    const folder = leave(`there-1-${RANDOM}`);
    rmSync(join(folder, 'file'));
    await tidy();
    expect(existsSync(folder)).toBe(true);
    utimesSync(folder, OLD, OLD);
    await tidy();
    expect(existsSync(folder)).toBe(false);
  });

  it('never means what a link leads to', async () => {
    const elsewhere = leave('elsewhere', { old: true });
    symlinkSync(elsewhere, join(directory, `here-${DEAD_PID}-${RANDOM}`));
    await tidy();
    expect(readdirSync(directory)).toEqual(['elsewhere']);
    expect(readdirSync(elsewhere)).toEqual(['file']);
  });

  it('is removed whatever cannot be removed beside it', async () => {
    mkdirSync(join(leave(`there-1-${RANDOM}`, { old: true }), 'folder'));
    utimesSync(join(directory, `there-1-${RANDOM}`, 'folder'), OLD, OLD);
    const dead = leave(`here-${DEAD_PID}-${RANDOM}`);
    await expect(tidy()).rejects.toThrow();
    expect(existsSync(dead)).toBe(false);
  });

  it('is no matter where nobody ever had a spool', async () => {
    rmSync(directory, { recursive: true });
    await tidy();
    mkdirSync(directory);
  });
});

describe('a spool', () => {
  const open = (log = pino({ level: 'silent' })) =>
    openSpool({ directory, hostname: 'here', pid: process.pid, maxAgeMs: HOUR_MS, log });

  it('removes what is left over when it is opened, and each minute', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const first = leave(`here-${DEAD_PID}-${RANDOM}`);
    const spool = open();
    await until(() => !existsSync(first), { describe: 'gone at the start' });
    const second = leave(`here-${process.pid}-${RANDOM}`);
    vi.advanceTimersByTime(60_000);
    await until(() => !existsSync(second), { describe: 'gone after a minute' });
    await spool.close();
    expect(vi.getTimerCount()).toBe(0);
    vi.useRealTimers();
  });

  it('goes on where that fails, and says so', async () => {
    const lines: string[] = [];
    mkdirSync(join(leave(`there-1-${RANDOM}`, { old: true }), 'folder'));
    utimesSync(join(directory, `there-1-${RANDOM}`, 'folder'), OLD, OLD);
    const spool = open(pino({ level: 'warn' }, { write: (line: string) => lines.push(line) }));
    await until(() => lines.length > 0, { describe: 'a warning' });
    expect(lines[0]).toContain('"event":"spool_untidy"');
    await spool.close();
  });
});
