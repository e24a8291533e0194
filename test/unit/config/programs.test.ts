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

async function printConfig(env: Record<string, string>) {
  const script = join(PROJECT_ROOT, 'config/print.ts');
  try {
    const out = await promisify(execFile)(process.execPath, [script], { env: { ...scrubbedEnv(), ...env } });
    return { code: 0, ...out };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

test('npm run config shows every setting and no secret', async () => {
  const { code, stdout } = await printConfig({ OPENAI_API_KEY: 'sk-secret', PORT: '4321', TEST_MODE: 'on' });
  expect(code).toBe(0);
  const names = stdout
    .trim()
    .split('\n')
    .map((line) => line.split('=')[0]);
  expect(names).toEqual(Object.keys(ConfigSchema.properties));
  expect(stdout).toContain('PORT=4321\n');
  expect(stdout).toContain('OPENAI_API_KEY=[set]\n');
  expect(stdout).not.toContain('sk-secret');
});

test('a bad configuration ends with exit code 2 and every problem', async () => {
  const { code, stderr, stdout } = await printConfig({ PORT: 'x', LEASE_SECONDS: '-1' });
  expect(code).toBe(2);
  expect(stdout).toBe('');
  expect(stderr).toContain('PORT: must be a whole number');
  expect(stderr).toContain('LEASE_SECONDS: must be >= 1');
});

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
