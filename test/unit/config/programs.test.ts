/** The configuration as the programs show it: `npm run config`, exit codes, `.env.example`. */
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { renderEnvExample } from '../../../config/env-example.ts';
import { loadConfig } from '../../../config/index.ts';
import { ConfigSchema } from '../../../config/schema.ts';
import { PROJECT_ROOT } from '../../../dev/child-environment.ts';
import { scrubbedEnv } from '../../support/scrub.ts';

const printConfig = (env: Record<string, string>) => run('config/print.ts', env);

async function run(program: string, env: Record<string, string>) {
  const script = join(PROJECT_ROOT, program);
  try {
    const out = await promisify(execFile)(process.execPath, [script], { env: { ...scrubbedEnv(), ...env } });
    return { code: 0, ...out };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('npm run config shows every setting and no secret', async () => {
  const { code, stdout } = await printConfig({
    OPENAI_API_KEY: 'sk-secret',
    KIMI_API_KEY: 'sk-secret-kimi',
    GLM_API_KEY: 'sk-secret-glm',
    PORT: '4321',
    TEST_MODE: 'on',
  });
  expect(code).toBe(0);
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names).toEqual(Object.keys(ConfigSchema.properties));
  expect(stdout).toContain('PORT=4321\n');
  for (const name of ['OPENAI_API_KEY', 'KIMI_API_KEY', 'GLM_API_KEY']) {
    expect(stdout).toContain(`${name}=[set]\n`);
  }
  expect(stdout).toContain('ALLOWED_EXTENSIONS=txt,pdf,doc,');
  expect(stdout).not.toContain('sk-secret');
});

test('a bad configuration ends with exit code 2 and every problem', async () => {
  const { code, stderr, stdout } = await printConfig({ PORT: 'x', LEASE_SECONDS: '-1' });
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('PORT: must be a whole number');
  expect(stderr).toContain('LEASE_SECONDS: must be >= 1');
});

test.each(['api/main.ts', 'worker/main.ts'])(
  '%s does not start with timeouts in the wrong order, nor with garbage',
  async (program) => {
    const { code, stderr, stdout } = await run(program, {
      TEST_MODE: 'true',
      SIMULATOR_URL: 'http://127.0.0.1:1/v1',
      DATABASE_URL: 'postgres://127.0.0.1:1/none',
      TEMPORAL_ADDRESS: '127.0.0.1:1',
      SIMPLE_TOOL_TIMEOUT_SECS: '67.5',
      CLEANUP_INTERVAL_HOURS: '0',
      MAX_FILE_SIZE_GLM: '20MB',
    });
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr.trim().split('\n').slice(1).toSorted()).toEqual([
      '  - CLEANUP_INTERVAL_HOURS: must be >= 1, not "0"',
      '  - MAX_FILE_SIZE_GLM: must be a whole number, not "20MB"',
      expect.stringMatching(
        /^ {2}- SIMPLE_TOOL_TIMEOUT_SECS, WORKFLOW_TOOL_TIMEOUT_SECS: must keep the order/,
      ),
    ]);
  },
);

test('.env.example is what the schema says (npm run docs:generate)', () => {
  expect(readFileSync(join(PROJECT_ROOT, '.env.example'), 'utf8')).toBe(renderEnvExample());
});

test('.env.example as it is changes nothing', () => {
  const example = loadConfig({}, { dotenvPath: join(PROJECT_ROOT, '.env.example') });
  expect({ ...example }).toEqual({ ...loadConfig({}, { dotenvPath: false }) });
});

test('.env.example uncommented is a working configuration with the same values', async () => {
  const uncommented = renderEnvExample().replaceAll(/^#(?=[A-Z_]+=)/gm, '');
  const { parseEnv } = await import('node:util');
  expect({ ...loadConfig(parseEnv(uncommented), { dotenvPath: false }) }).toEqual({
    ...loadConfig({}, { dotenvPath: false }),
  });
});
