import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, lstatSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { postgresAccount } from '../../../dev/postgres/account.ts';
import { postgresBinaries } from '../../../dev/postgres/binaries.ts';
import { reachableData, reachableProgram } from '../../../dev/postgres/open-place.ts';

const account = postgresAccount();
let open: string;
let closed: string;

beforeEach(() => {
  open = mkdtempSync(join(tmpdir(), 'open-place-'));
  chmodSync(open, 0o755);
  closed = join(open, 'closed');
  mkdirSync(closed, { mode: 0o700 });
});
afterEach(() => {
  rmSync(open, { recursive: true, force: true });
});

describe('an open place for PostgreSQL', () => {
  it('is not used for what PostgreSQL gets through to', () => {
    const data = join(open, 'data', 'postgres');
    expect(reachableData(data, join(open, 'place'))).toBe(data);
    expect(existsSync(join(open, 'place'))).toBe(false);
  });

  it('holds the data of a closed directory, linked from there', () => {
    const wished = join(closed, 'data', 'postgres');
    const real = reachableData(wished, join(open, 'place'));
    // Only root runs PostgreSQL as somebody else: for everybody else nothing is closed.
    expect(real === wished).toBe(account === null);
    if (account === null) return;
    expect(lstatSync(wished).isSymbolicLink()).toBe(true);
    expect(reachableData(wished, join(open, 'place'))).toBe(real);
  });

  it('sets aside data that no link leads to any more', () => {
    if (account === null) return;
    const place = join(open, 'place');
    const wished = join(closed, 'data', 'postgres');
    mkdirSync(reachableData(wished, place));
    rmSync(wished);
    expect(existsSync(reachableData(wished, place))).toBe(false);
  });

  it('holds a copy of programs that stand in a closed directory, and the copy runs', async () => {
    const { postgres } = await postgresBinaries();
    const installation = join(closed, 'native');
    execFileSync('cp', ['-R', join(postgres, '..', '..'), installation]);
    const program = reachableProgram(join(installation, 'bin', 'postgres'), join(open, 'place'));
    expect(program.startsWith(join(open, 'place'))).toBe(account !== null);
    const said = execFileSync(program, ['--version'], { ...(account ?? {}), cwd: '/', encoding: 'utf8' });
    expect(said).toContain('PostgreSQL');
  });
});
