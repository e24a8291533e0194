import { execFile } from 'node:child_process';
import { chown, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { postgresAccount, type Account } from './account.ts';
import { postgresBinaries } from './binaries.ts';

export const SUPERUSER = 'loiter';
/** initdb takes 2 s on a slow disk; beyond this something is wrong. */
const INITDB_TIMEOUT_MS = 120_000;

/** Makes a new cluster at `directory`, which must not exist; an interrupted attempt leaves nothing there. */
export async function initialiseCluster(directory: string, password: string): Promise<void> {
  const account = postgresAccount();
  const unfinished = `${directory}.new`;
  const passwordFile = `${directory}.initdb-password`;
  await mkdir(dirname(directory), { recursive: true });
  await rm(unfinished, { recursive: true, force: true });
  await mkdir(unfinished, { mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  try {
    if (account !== null) {
      await chown(unfinished, account.uid, account.gid);
      await chown(passwordFile, account.uid, account.gid);
    }
    await runInitdb(unfinished, passwordFile, account);
    await rename(unfinished, directory);
  } finally {
    await rm(passwordFile, { force: true });
  }
}

async function runInitdb(directory: string, passwordFile: string, account: Account | null): Promise<void> {
  const { initdb } = await postgresBinaries();
  const args = [
    `--pgdata=${directory}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    '--locale=C',
  ];
  try {
    await promisify(execFile)(initdb, args, {
      ...(account ?? {}),
      // The caller's directory may be closed to the account.
      cwd: '/',
      env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C' },
      timeout: INITDB_TIMEOUT_MS,
    });
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : String(error);
    const hint =
      account === null ? '' : ' (started by root, it runs as another user, who has to get through to there)';
    throw new Error(`PostgreSQL cannot make its data directory ${directory}${hint}: ${said}`, {
      cause: error,
    });
  }
}
