import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import {
  ConfigError,
  configWarnings,
  loadConfig,
  type Config,
  type Environment,
  type Need,
} from '../../../config/index.ts';
import { scratchDirectory } from '../../support/parts.ts';

const load = (env: Environment = {}): Config => loadConfig(env, { dotenvPath: false });

function problemsOf(load: () => unknown): readonly string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

test('nothing set gives the documented defaults, frozen', () => {
  const config = load();
  expect(config).toMatchObject({ HOST: '127.0.0.1', PORT: 9876, LEASE_SECONDS: 3600, TEST_MODE: false });
  expect(config.OPENAI_API_KEY).toBeUndefined();
  expect(Object.isFrozen(config)).toBe(true);
});

test('every problem is in one message, each naming its variable', () => {
  const problems = problemsOf(() =>
    load({
      PORT: 'eighty',
      LEASE_SECONDS: '0',
      TEST_MODE: 'maybe',
      LOG_LEVEL: 'loud',
      HOST: '0.0.0.0',
      DATABASE_URL: 'mysql://localhost/x',
      OPENAI_BASE_URL: 'api.openai.com',
      TEMPORAL_ADDRESS: 'http://localhost:7233',
      CORS_ORIGINS: 'https://good.example, bad.example/path',
    }),
  );
  const names = problems.map((problem) => problem.split(':')[0]);
  expect(names.toSorted()).toEqual(
    [
      ...['PORT', 'LEASE_SECONDS', 'TEST_MODE', 'LOG_LEVEL', 'HOST', 'DATABASE_URL'],
      ...['OPENAI_BASE_URL', 'TEMPORAL_ADDRESS', 'CORS_ORIGINS'],
    ].toSorted(),
  );
  expect(new ConfigError(problems).message.split('\n')).toHaveLength(problems.length + 1);
});

describe('flags', () => {
  test.each(['true', 'TRUE', '1', 'yes', 'Yes', 'on', 'ON', ' on '])('%s is true', (word) => {
    expect(load({ ALLOW_NUKE: word }).ALLOW_NUKE).toBe(true);
  });
  test.each(['false', 'False', '0', 'no', 'NO', 'off'])('%s is false', (word) => {
    expect(load({ ALLOW_NUKE: word }).ALLOW_NUKE).toBe(false);
  });
  test.each(['maybe', '2', 'y', 'null'])('%s is refused', (word) => {
    expect(problemsOf(() => load({ ALLOW_NUKE: word }))).toEqual([
      expect.stringMatching(/^ALLOW_NUKE: .*yes\/no/),
    ]);
  });
});

test.each(['', ' ', '\t'])('a variable set to %j counts as unset', (nothing) => {
  const config = load({ PORT: nothing, API_TOKEN: nothing, TEST_MODE: nothing });
  expect(config.PORT).toBe(9876);
  expect(config.API_TOKEN).toBeUndefined();
  expect(config.TEST_MODE).toBe(false);
});

describe('a host that others can reach', () => {
  test('is refused without a token', () => {
    expect(problemsOf(() => load({ HOST: '0.0.0.0' }))).toEqual([expect.stringContaining('API_TOKEN')]);
  });
  test('is fine with one', () => {
    const config = load({ HOST: '0.0.0.0', API_TOKEN: 'token' });
    expect(configWarnings(config)).toEqual([]);
  });
  test('is accepted with a warning where that is asked for', () => {
    const config = load({ HOST: '::', ALLOW_UNAUTHENTICATED: 'yes' });
    expect(configWarnings(config)).toEqual([expect.stringContaining('ALLOW_UNAUTHENTICATED')]);
  });
  test.each(['127.0.0.1', '127.8.9.1', 'localhost', '::1', '[::1]'])('%s is not one', (host) => {
    expect(load({ HOST: host }).HOST).toBe(host);
  });
});

describe('needs', () => {
  const needing = (env: Environment, ...needs: Need[]) =>
    problemsOf(() => loadConfig(env, { dotenvPath: false, needs }));

  test('no key and no TEST_MODE names the ways out', () => {
    const [problem, ...rest] = needing({}, 'provider');
    expect(rest).toEqual([]);
    expect(problem).toContain('OPENAI_API_KEY');
    expect(problem).toContain('TEST_MODE=true');
  });
  test.each([{ OPENAI_API_KEY: 'key' }, { TEST_MODE: 'on' }])('%o is a provider', (env) => {
    expect(needing(env, 'provider')).toEqual([]);
  });
  test('TEST_MODE=false is none', () => {
    expect(needing({ TEST_MODE: 'false' }, 'provider')).toHaveLength(1);
  });
  test('api and worker on their own miss what npm start would bring', () => {
    const problems = needing({ TEST_MODE: 'true' }, 'provider', 'servers', 'simulator');
    expect(problems.map((problem) => problem.split(':')[0])).toEqual([
      'DATABASE_URL',
      'TEMPORAL_ADDRESS',
      'SIMULATOR_URL',
    ]);
  });
  test('they come in the same message as other problems', () => {
    expect(needing({ PORT: 'x' }, 'provider')).toHaveLength(2);
  });
});

describe('secrets', () => {
  const secrets = {
    OPENAI_API_KEY: 'sk-secret-key',
    API_TOKEN: 'secret-token',
    OPERATOR_TOKEN: 'secret-operator',
    DATABASE_URL: 'postgres://user:secret-password@localhost/db',
  };

  test('are there for the code and hidden from every printer', () => {
    const config = load(secrets);
    expect(config.OPENAI_API_KEY).toBe('sk-secret-key');
    const printed = [inspect(config), JSON.stringify({ config }), inspect({ deep: { config } })].join('\n');
    expect(printed).not.toContain('secret');
    expect(printed).toContain('[set]');
  });
  test('are not quoted in problems', () => {
    const problems = problemsOf(() => load({ DATABASE_URL: 'mysql://user:secret-password@localhost/db' }));
    expect(problems).toHaveLength(1);
    expect(problems.join()).not.toContain('secret');
  });
  test('do not hide in addresses that are shown', () => {
    const problems = problemsOf(() => load({ OPENAI_BASE_URL: 'https://user:secret@proxy.example/v1' }));
    expect(problems).toEqual([expect.stringMatching(/^OPENAI_BASE_URL: must not hold/)]);
  });
});

describe('the file beside the environment', () => {
  const file = join(scratchDirectory('dotenv'), '.env');
  writeFileSync(file, 'PORT=1234\nTEST_MODE=yes\nLEASE_SECONDS=\nAPI_TOKEN="quoted token"\n');

  test('is read, with the same words for flags and the same empty values', () => {
    const config = loadConfig({}, { dotenvPath: file });
    expect(config).toMatchObject({
      PORT: 1234,
      TEST_MODE: true,
      LEASE_SECONDS: 3600,
      API_TOKEN: 'quoted token',
    });
  });
  test('loses against the environment, but not against an empty variable', () => {
    expect(loadConfig({ PORT: '99' }, { dotenvPath: file }).PORT).toBe(99);
    expect(loadConfig({ PORT: '' }, { dotenvPath: file }).PORT).toBe(1234);
  });
  test('is named by ENV_FILE, and must then exist', () => {
    expect(loadConfig({ ENV_FILE: file }).PORT).toBe(1234);
    expect(problemsOf(() => loadConfig({ ENV_FILE: `${file}.missing` }))).toEqual([
      expect.stringContaining('ENOENT'),
    ]);
  });
  test('is not read where ENV_FILE says none', () => {
    expect(loadConfig({ ENV_FILE: 'none' }).PORT).toBe(9876);
  });
});
