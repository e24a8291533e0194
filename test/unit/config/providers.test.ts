import { describe, expect, test } from 'vitest';
import {
  configWarnings,
  loadConfig,
  providerConnection,
  providerConnections,
  type Config,
  type Environment,
} from '../../../config/index.ts';
import { configuredFileBytes } from '../../../config/upload-limits.ts';
import { problemsWith } from './problems.ts';

const load = (env: Environment = {}): Config => loadConfig(env, { dotenvPath: false });
const SIMULATOR = { TEST_MODE: 'true', SIMULATOR_URL: 'http://127.0.0.1:9880/v1' };

const OPENAI = {
  name: 'openai',
  baseUrl: 'https://api.openai.com/v1',
  apiKey: 'key-openai',
  testMode: false,
  concurrency: 16,
  offersStores: true,
  limits: {
    maxFileBytes: 536_870_912,
    maxFiles: null,
    maxTotalBytes: null,
    keptDays: null,
    defaultPurpose: 'assistants',
  },
};
const KIMI = {
  name: 'kimi',
  baseUrl: 'https://api.moonshot.ai/v1',
  apiKey: 'key-kimi',
  testMode: false,
  concurrency: 16,
  offersStores: false,
  limits: {
    maxFileBytes: 104_857_600,
    maxFiles: 1_000,
    maxTotalBytes: 10_737_418_240,
    keptDays: null,
    defaultPurpose: 'file-extract',
  },
};
const GLM = {
  name: 'glm',
  baseUrl: 'https://api.z.ai/api/paas/v4',
  apiKey: 'key-glm',
  testMode: false,
  concurrency: 16,
  offersStores: false,
  limits: {
    maxFileBytes: 20_971_520,
    maxFiles: 100,
    maxTotalBytes: null,
    keptDays: 180,
    defaultPurpose: 'agent',
  },
};
const KEYS = { OPENAI_API_KEY: 'key-openai', KIMI_API_KEY: 'key-kimi', GLM_API_KEY: 'key-glm' };
type Key = keyof typeof KEYS;

describe('the providers of uploads', () => {
  test.each<[Key[], object[]]>([
    [[], []],
    [['OPENAI_API_KEY'], [OPENAI]],
    [['KIMI_API_KEY'], [KIMI]],
    [['GLM_API_KEY'], [GLM]],
    [
      ['GLM_API_KEY', 'OPENAI_API_KEY'],
      [OPENAI, GLM],
    ],
    [
      ['KIMI_API_KEY', 'OPENAI_API_KEY'],
      [OPENAI, KIMI],
    ],
    [
      ['GLM_API_KEY', 'KIMI_API_KEY'],
      [KIMI, GLM],
    ],
    [
      ['GLM_API_KEY', 'KIMI_API_KEY', 'OPENAI_API_KEY'],
      [OPENAI, KIMI, GLM],
    ],
  ])('with %j', (names, expected) => {
    const config = load(Object.fromEntries(names.map((name) => [name, KEYS[name]])));
    expect(providerConnections(config)).toEqual(expected);
  });

  test('are where the settings say, with the concurrency they say', () => {
    const config = load({
      ...KEYS,
      OPENAI_BASE_URL: 'https://o.example/v1',
      KIMI_API_URL: 'https://k.example/v1',
      GLM_API_URL: 'https://g.example/v4',
      PROVIDER_CONCURRENCY: '3',
    });
    expect(providerConnections(config).map(({ baseUrl, concurrency }) => [baseUrl, concurrency])).toEqual([
      ['https://o.example/v1', 3],
      ['https://k.example/v1', 3],
      ['https://g.example/v4', 3],
    ]);
  });

  test.each([{}, KEYS])('are the simulator in TEST_MODE, whatever keys are set: %o', (keys) => {
    const connections = providerConnections(
      load({ ...SIMULATOR, ...keys, GLM_API_URL: 'https://g.example' }),
    );
    expect(connections).toEqual([
      { ...OPENAI, baseUrl: 'http://127.0.0.1:9880/v1', apiKey: 'test-mode', testMode: true },
      { ...KIMI, baseUrl: 'http://127.0.0.1:9880/kimi/v1', apiKey: 'test-mode-kimi', testMode: true },
      { ...GLM, baseUrl: 'http://127.0.0.1:9880/glm/v4', apiKey: 'test-mode-glm', testMode: true },
    ]);
  });

  test('are nowhere in TEST_MODE as long as nobody has started a simulator', () => {
    const urls = providerConnections(load({ TEST_MODE: 'true' })).map(({ baseUrl }) => baseUrl);
    expect(urls).toEqual(['', '', '']);
  });
});

describe('the largest file', () => {
  const sizes = (env: Environment) =>
    providerConnections(load({ ...KEYS, ...env })).map(({ limits }) => limits.maxFileBytes);

  test('is what the setting of the provider says, whatever MAX_FILE_SIZE says', () => {
    const env = { MAX_FILE_SIZE_OPENAI: '3', MAX_FILE_SIZE_KIMI: '2', MAX_FILE_SIZE_GLM: '1' };
    expect(sizes(env)).toEqual([3, 2, 1]);
    expect(sizes({ MAX_FILE_SIZE: '7' })).toEqual([536_870_912, 104_857_600, 20_971_520]);
  });
  test('is never more than the provider takes, which is told', () => {
    const env = {
      MAX_FILE_SIZE_OPENAI: '536870913',
      MAX_FILE_SIZE_KIMI: '104857601',
      MAX_FILE_SIZE_GLM: '104857600',
    };
    expect(sizes(env)).toEqual([536_870_912, 104_857_600, 104_857_600]);
    expect(configWarnings(load({ ...KEYS, ...env }))).toEqual([
      'MAX_FILE_SIZE_OPENAI: openai itself takes no file of more than 536870912 bytes.',
      'MAX_FILE_SIZE_KIMI: kimi itself takes no file of more than 104857600 bytes.',
    ]);
  });
  test('is MAX_FILE_SIZE for a provider without a setting of its own', () => {
    const config = load({ MAX_FILE_SIZE: '7', MAX_FILE_SIZE_GLM: '9' });
    expect(configuredFileBytes(config, 'glm')).toBe(9);
    expect(configuredFileBytes(config, 'another')).toBe(7);
  });
});

describe('the provider of the stores', () => {
  test('is openai', () => {
    expect(providerConnection(load(KEYS))).toEqual(OPENAI);
  });
  test('has an empty key where only others have one', () => {
    expect(providerConnection(load({ KIMI_API_KEY: 'key-kimi' }))).toEqual({ ...OPENAI, apiKey: '' });
  });
  test('is the simulator in TEST_MODE', () => {
    expect(providerConnection(load({ ...SIMULATOR, ...KEYS }))).toMatchObject({
      baseUrl: 'http://127.0.0.1:9880/v1',
      apiKey: 'test-mode',
      testMode: true,
    });
  });
});

describe('a process', () => {
  test.each(Object.entries(KEYS))('starts with %s alone', (name, key) => {
    expect(problemsWith({ [name]: key }, 'provider')).toEqual([]);
  });
  test('does not start without any, and is told of every way out', () => {
    const [problem, ...rest] = problemsWith({ KIMI_API_KEY: ' ', PREFERRED_PROVIDER: 'kimi' }, 'provider');
    expect(rest).toEqual([]);
    expect(problem).toMatch(/^no provider: .*OPENAI_API_KEY.*KIMI_API_KEY.*GLM_API_KEY.*TEST_MODE=true/);
  });
});

describe('warnings', () => {
  test('are none for keys and nothing else', () => {
    expect(configWarnings(load(KEYS))).toEqual([]);
    expect(configWarnings(load({ ...SIMULATOR, PREFERRED_PROVIDER: 'glm' }))).toEqual([]);
    expect(configWarnings(load({ ...KEYS, PREFERRED_PROVIDER: 'kimi' }))).toEqual([]);
  });
  test('name the keys that TEST_MODE ignores', () => {
    const { OPENAI_API_KEY, ...others } = KEYS;
    expect(configWarnings(load({ ...SIMULATOR, OPENAI_API_KEY }))).toEqual([
      'TEST_MODE: the simulator is used; OPENAI_API_KEY is ignored.',
    ]);
    expect(configWarnings(load({ ...SIMULATOR, ...others }))).toEqual([
      'TEST_MODE: the simulator is used; KIMI_API_KEY, GLM_API_KEY are ignored.',
    ]);
  });
  test('name addresses to which a key travels in clear, where there is a key', () => {
    const clear = { KIMI_API_URL: 'http://k.example/v1', GLM_API_URL: 'http://127.0.0.1:1/v4' };
    expect(configWarnings(load({ ...KEYS, ...clear }))).toEqual([
      'KIMI_API_URL: the key travels unencrypted.',
    ]);
    expect(configWarnings(load({ OPENAI_API_KEY: 'key', ...clear }))).toEqual([]);
  });
  test('name a preferred provider that has no key', () => {
    expect(configWarnings(load({ GLM_API_KEY: 'key', PREFERRED_PROVIDER: 'kimi' }))).toEqual([
      'PREFERRED_PROVIDER: no key of kimi is set; uploads go elsewhere.',
    ]);
  });
});
