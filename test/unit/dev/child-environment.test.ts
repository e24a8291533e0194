import { expect, test } from 'vitest';
import { loadConfig } from '../../../config/index.ts';
import { programEnvironment } from '../../../dev/stack/program-environment.ts';
import { scrubbedEnv, scrubProcessEnvironment } from '../../support/scrub.ts';

const HOSTILE = {
  OPENAI_API_KEY: 'sk-real-looking',
  OPENAI_BASE_URL: 'https://api.openai.com/v1',
  OPENAI_CUSTOM_HEADERS: 'x-key: sk-real-looking',
  DATABASE_URL: 'postgres://prod',
  PGHOST: 'prod',
  PGPASSWORD: 'prod',
  TEMPORAL_ADDRESS: 'prod:7233',
  TEMPORAL_API_KEY: 'prod',
  HTTPS_PROXY: 'http://proxy',
  https_proxy: 'http://proxy',
  NODE_OPTIONS: '--require /tmp/x.js',
  ENV_FILE: '/etc/prod.env',
};

test('whatever is exported on the machine, a test process and its children do not have it', () => {
  // eslint-disable-next-line no-restricted-properties -- the test is about the real one
  const { env } = process;
  Object.assign(env, HOSTILE);
  expect(Object.keys(scrubbedEnv()).filter((name) => name in HOSTILE)).toEqual(['ENV_FILE']);
  expect(scrubbedEnv()['ENV_FILE']).toBe('none');
  scrubProcessEnvironment();
  expect(Object.keys(env).filter((name) => name in HOSTILE)).toEqual(['ENV_FILE']);
  expect(env['ENV_FILE']).toBe('none');
});

test('a child of the stack gets the configuration spelled out and reads no file', () => {
  const config = loadConfig(
    { OPENAI_API_KEY: 'key', LEASE_SECONDS: '5', CLEANUP_INTERVAL_HOURS: '7', ALLOWED_EXTENSIONS: 'a,b' },
    { dotenvPath: false },
  );
  const env = programEnvironment(config, { ...HOSTILE, PATH: '/bin', CLEANUP_INTERVAL_HOURS: '8' }, true);
  expect(env).toMatchObject({ OPENAI_API_KEY: 'key', LEASE_SECONDS: '5', ENV_FILE: 'none', PATH: '/bin' });
  expect(loadConfig(env)).toEqual(config);
});

test("Temporal's key goes to a server that is not ours, and not to the embedded one", () => {
  const config = loadConfig({ TEST_MODE: 'true' }, { dotenvPath: false });
  expect(programEnvironment(config, HOSTILE, true)['TEMPORAL_API_KEY']).toBeUndefined();
  expect(programEnvironment(config, HOSTILE, false)['TEMPORAL_API_KEY']).toBe('prod');
});

test('the way out through a proxy is for a real provider only', () => {
  const real = loadConfig({ OPENAI_API_KEY: 'key' }, { dotenvPath: false });
  const simulated = loadConfig({ TEST_MODE: 'true', OPENAI_API_KEY: 'key' }, { dotenvPath: false });
  expect(programEnvironment(real, HOSTILE, true)['HTTPS_PROXY']).toBe('http://proxy');
  expect(programEnvironment(real, { ...HOSTILE, NO_PROXY: 'intern' }, true)['no_proxy']).toMatch(
    /^intern,.*127\.0\.0\.1/,
  );
  expect(programEnvironment(simulated, HOSTILE, true)['HTTPS_PROXY']).toBeUndefined();
});

test('in TEST_MODE no child holds a key', () => {
  const keys = { OPENAI_API_KEY: 'key', KIMI_API_KEY: 'key', GLM_API_KEY: 'key' };
  const config = loadConfig({ TEST_MODE: 'true', ...keys }, { dotenvPath: false });
  const env = programEnvironment(config, { ...HOSTILE, ...keys }, true);
  expect(Object.keys(env).filter((name) => name in keys)).toEqual([]);
});
