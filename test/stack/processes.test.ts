/** The npm scripts of the README that run one process each, started as a user starts them. */
import { execFile } from 'node:child_process';
import { expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../dev/child-environment.ts';
import { createDatabase, query } from '../support/databases.ts';
import { scrubbedEnv } from '../support/scrub.ts';

interface Ended {
  readonly code: number;
  readonly output: string;
}

function npm(script: string, settings: Readonly<Record<string, string>>): Promise<Ended> {
  const env = { ...scrubbedEnv(), ...settings, ENV_FILE: 'none' };
  return new Promise((resolve) => {
    execFile(
      'npm',
      ['run', '--silent', script],
      { cwd: PROJECT_ROOT, env, timeout: 60_000 },
      (error, stdout, stderr) => {
        resolve({ code: error === null ? 0 : Number(error.code ?? -1), output: stdout + stderr });
      },
    );
  });
}

it('npm run migrate makes the schema, and may be run again', async () => {
  const url = await createDatabase('migrate', { empty: true });
  expect(await npm('migrate', { DATABASE_URL: url })).toMatchObject({ code: 0 });
  expect(await query(url, 'SELECT lease_id FROM lease')).toEqual([]);
  expect(await npm('migrate', { DATABASE_URL: url })).toMatchObject({ code: 0 });
});

it.each(['api', 'worker'])(
  'npm run %s says what it needs, and that npm start brings it along',
  async (script) => {
    const { code, output } = await npm(script, { OPENAI_API_KEY: 'not-a-key' });
    expect(code).toBe(2);
    for (const words of ['DATABASE_URL', 'TEMPORAL_ADDRESS', 'npm start']) expect(output).toContain(words);
  },
);

it('npm run config shows what is in effect, secrets hidden', async () => {
  const { code, output } = await npm('config', { OPENAI_API_KEY: 'not-a-key', LEASE_SECONDS: '77' });
  expect(code).toBe(0);
  expect(output).toMatch(/LEASE_SECONDS\D+77/);
  expect(output).not.toContain('not-a-key');
});
