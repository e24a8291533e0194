import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { scrubbedEnv } from '../../support/scrub.ts';
import { fillSqlite } from './fill-sqlite.ts';
import { cleanUp, rowsOf, sqliteBench } from './kit.ts';
import { NOW_MS } from './savers.ts';

/** Enough for the process to die long before the last of them. */
const OLD = 60_000;
const RECENT = 10;
const SCRIPT = join(import.meta.dirname, 'run-main.ts');

it(
  'a process that is killed in the middle leaves whole threads, and the next run does the rest',
  { timeout: 120_000 },
  async () => {
    const { path, database } = await sqliteBench();
    fillSqlite(path, OLD + RECENT, (index) => index >= OLD);
    const settings = { database, retentionDays: 7, strategy: 'delete', keep: [] } as const;
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(settings), String(NOW_MS), 'killed'], {
      env: scrubbedEnv(),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    onTestFinished(() => void child.kill('SIGKILL'));
    expect(await once(child, 'close')).toEqual([null, 'SIGKILL']);

    const idsIn = (table: string) => rowsOf(path, `SELECT DISTINCT thread_id FROM ${table} ORDER BY 1`);
    const left = idsIn('checkpoints');
    expect(left.length).toBeLessThan(OLD + RECENT);
    expect(left.length).toBeGreaterThan(RECENT);
    expect(idsIn('writes')).toEqual(left);
    expect(rowsOf(path, 'PRAGMA integrity_check')).toEqual([{ integrity_check: 'ok' }]);

    const { result } = await cleanUp(database, { settings });
    expect(result).toMatchObject({
      ...{ sessions_deleted: left.length - RECENT, sessions_remaining: RECENT, errors: [] },
    });
    expect([idsIn('checkpoints').length, idsIn('writes').length]).toEqual([RECENT, RECENT]);
  },
);
