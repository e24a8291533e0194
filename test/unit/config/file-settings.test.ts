/** Settings of uploads, of their providers and of what callers are told. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadConfig, type Config, type Environment } from '../../../config/index.ts';
import { fileSettings } from '../../../files/settings.ts';
import { problemsWith } from './problems.ts';

const load = (env: Environment = {}): Config => loadConfig(env, { dotenvPath: false });

const DEFAULTS = {
  MAX_FILE_SIZE: 104_857_600,
  MAX_FILE_SIZE_KIMI: 104_857_600,
  MAX_FILE_SIZE_GLM: 20_971_520,
  MAX_FILE_SIZE_OPENAI: 536_870_912,
  UPLOAD_TIMEOUT: 300,
  ENABLE_DEDUPLICATION: true,
  FILE_RETENTION_DAYS: 30,
  FILES_CLEANUP_INTERVAL_HOURS: 24,
  FAILED_UPLOAD_RETENTION_DAYS: 7,
  DEFAULT_USER_QUOTA_GB: 10,
  MAX_FILE_SIZE_PER_USER: 536_870_912,
  MAX_CONCURRENT_UPLOADS: 5,
  UPLOAD_SLOT_WAIT_SECONDS: 30,
  METRICS_MAX_USERS: 100,
  KIMI_API_URL: 'https://api.moonshot.ai/v1',
  GLM_API_URL: 'https://api.z.ai/api/paas/v4',
  SIMPLE_TOOL_TIMEOUT_SECS: 30,
  WORKFLOW_TOOL_TIMEOUT_SECS: 45,
  MCP_PROMPT_SIZE_LIMIT: 60_000,
  DEFAULT_MAX_OUTPUT_TOKENS: 8_192,
  KIMI_MAX_OUTPUT_TOKENS: 16_384,
  GLM_MAX_OUTPUT_TOKENS: 8_192,
};
const EXTENSIONS = 'txt,pdf,doc,docx,xls,xlsx,ppt,pptx,jpg,jpeg,png,gif,zip,py,js,ts,json,yaml,yml,md'.split(
  ',',
);

describe('nothing set', () => {
  test.each(Object.entries(DEFAULTS))('gives %s its default, %s', (name, value) => {
    expect(load()[name as keyof Config]).toBe(value);
  });
  test('gives the extensions of the contract', () => {
    expect(load().ALLOWED_EXTENSIONS).toEqual(EXTENSIONS);
  });
  test.each(['KIMI_API_KEY', 'GLM_API_KEY', 'PREFERRED_PROVIDER'] as const)('leaves %s unset', (name) => {
    expect(load()[name]).toBeUndefined();
  });
});

describe('what is set counts', () => {
  test.each([
    ['MAX_FILE_SIZE', '1', 1],
    ['MAX_FILE_SIZE_GLM', ' 2048 ', 2_048],
    ['DEFAULT_USER_QUOTA_GB', '0.5', 0.5],
    ['ENABLE_DEDUPLICATION', 'off', false],
    ['ALLOWED_EXTENSIONS', ' .TXT , tar, c++ ', ['.TXT', 'tar', 'c++']],
    ['PREFERRED_PROVIDER', 'glm', 'glm'],
    ['SIMPLE_TOOL_TIMEOUT_SECS', '12.5', 12.5],
    ['GLM_MAX_OUTPUT_TOKENS', '4096', 4_096],
    ['KIMI_API_KEY', 'sk-kimi', 'sk-kimi'],
    ['DATA_DIR', '~/loiter', join(homedir(), 'loiter')],
    ['TEMPORAL_CLI', '~/bin/temporal', join(homedir(), 'bin/temporal')],
    ['CORS_ORIGINS', 'https://a.example , http://b.example:1', ['https://a.example', 'http://b.example:1']],
  ] as const)('%s=%s', (name, text, value) => {
    expect(load({ [name]: text })[name]).toEqual(value);
  });

  test('lists cannot be changed afterwards either', () => {
    expect(() => load().ALLOWED_EXTENSIONS.push('exe')).toThrow(TypeError);
  });

  test('the room of the files gets extensions in lower case, without dots, once each', () => {
    const config = load({ ALLOWED_EXTENSIONS: '.TXT, txt,Md', DEFAULT_USER_QUOTA_GB: '0.5' });
    expect(fileSettings(config)).toMatchObject({
      allowedExtensions: ['txt', 'md'],
      userQuotaBytes: 536_870_912,
    });
  });
});

const SIZES = [
  ...['MAX_FILE_SIZE', 'MAX_FILE_SIZE_KIMI', 'MAX_FILE_SIZE_GLM', 'MAX_FILE_SIZE_OPENAI'],
  'MAX_FILE_SIZE_PER_USER',
];
const WHOLE = [
  ...SIZES,
  ...['UPLOAD_TIMEOUT', 'FILE_RETENTION_DAYS', 'FILES_CLEANUP_INTERVAL_HOURS', 'CLEANUP_INTERVAL_HOURS'],
  ...['FAILED_UPLOAD_RETENTION_DAYS', 'MAX_CONCURRENT_UPLOADS', 'UPLOAD_SLOT_WAIT_SECONDS'],
  ...['MCP_PROMPT_SIZE_LIMIT', 'DEFAULT_MAX_OUTPUT_TOKENS'],
  ...['KIMI_MAX_OUTPUT_TOKENS', 'GLM_MAX_OUTPUT_TOKENS'],
];
const DECIMAL = ['DEFAULT_USER_QUOTA_GB', 'SIMPLE_TOOL_TIMEOUT_SECS', 'WORKFLOW_TOOL_TIMEOUT_SECS'];
const OTHERS = [
  ['METRICS_MAX_USERS', '-1'],
  ['METRICS_MAX_USERS', '1.5'],
  ['ENABLE_DEDUPLICATION', 'enabled'],
  ['ALLOWED_EXTENSIONS', ','],
  ['ALLOWED_EXTENSIONS', 'txt, a b, ../x'],
  ['ALLOWED_EXTENSIONS', 'txt;pdf'],
  ['ALLOWED_EXTENSIONS', '..'],
  ['ALLOWED_EXTENSIONS', 'x'.repeat(33)],
  ['PREFERRED_PROVIDER', 'anthropic'],
  ['PREFERRED_PROVIDER', 'auto'],
  ['KIMI_API_KEY', 'two words'],
  ['GLM_API_KEY', 'schlüssel'],
  ['OPENAI_API_KEY', 'sk-\u0007'],
  ['KIMI_API_URL', 'api.moonshot.ai/v1'],
  ['KIMI_API_URL', 'ftp://api.moonshot.ai/v1'],
  ['GLM_API_URL', 'https://user:secret@api.z.ai/v4'],
  ['GLM_API_URL', 'https://api.z.ai/v4?key=1'],
  ['OPENAI_BASE_URL', 'https://api.openai.com/v1#a'],
  ['CORS_ORIGINS', ','],
] as const;

describe('garbage is one problem that names the variable', () => {
  const refused = (name: string, text: string) => {
    const problems = problemsWith({ [name]: text });
    expect(problems).toEqual([expect.stringMatching(new RegExp(`^${name}: .`))]);
    return problems.join();
  };
  test.each(
    WHOLE.flatMap((name) =>
      ['0', '-1', '1.5', 'x', '0x10', '1e400', '9'.repeat(30)].map((text) => [name, text]),
    ),
  )('%s=%s', (name, text) => {
    expect(refused(name ?? '', text ?? '')).toContain(`not "${text}"`);
  });
  test.each(
    DECIMAL.flatMap((name) =>
      ['0', '-1', '1,5', 'x', 'NaN', 'Infinity', '1e400'].map((text) => [name, text]),
    ),
  )('%s=%s', (name, text) => {
    expect(refused(name ?? '', text ?? '')).toContain(`not "${text}"`);
  });
  test.each(OTHERS)('%s=%s', (name, text) => {
    refused(name, text);
  });

  test('says what would be right', () => {
    const said = (name: string, text: string) => problemsWith({ [name]: text }).join();
    expect(said('MAX_FILE_SIZE', '0')).toBe('MAX_FILE_SIZE: must be >= 1, not "0"');
    expect(said('MAX_FILE_SIZE', '10MB')).toBe('MAX_FILE_SIZE: must be a whole number, not "10MB"');
    expect(said('DEFAULT_USER_QUOTA_GB', 'x')).toBe('DEFAULT_USER_QUOTA_GB: must be a number, not "x"');
    expect(said('PREFERRED_PROVIDER', 'x')).toMatch(/must be one of openai, kimi, glm, not "x"$/);
    expect(said('ALLOWED_EXTENSIONS', 'a b, c d')).toMatch(/extensions such as txt,pdf, not "a b, c d"$/);
  });

  test('does not quote a key', () => {
    for (const name of ['OPENAI_API_KEY', 'KIMI_API_KEY', 'GLM_API_KEY']) {
      expect(problemsWith({ [name]: 'sk-two words' }).join()).not.toContain('words');
    }
  });

  test('comes all at once', () => {
    const names = [...WHOLE.filter((name) => name !== 'CLEANUP_INTERVAL_HOURS'), ...DECIMAL];
    const problems = problemsWith(Object.fromEntries(names.map((name) => [name, 'x'])));
    expect(problems.map((problem) => problem.split(':')[0]).toSorted()).toEqual(names.toSorted());
  });
});

describe('the interval of the cleanup has two names', () => {
  const hours = (env: Environment) => load(env).FILES_CLEANUP_INTERVAL_HOURS;
  test('either counts', () => {
    expect(hours({ CLEANUP_INTERVAL_HOURS: '12' })).toBe(12);
    expect(hours({ FILES_CLEANUP_INTERVAL_HOURS: '6' })).toBe(6);
  });
  test('both may say the same', () => {
    expect(hours({ CLEANUP_INTERVAL_HOURS: ' 12', FILES_CLEANUP_INTERVAL_HOURS: '12 ' })).toBe(12);
    expect(hours({ CLEANUP_INTERVAL_HOURS: '12', FILES_CLEANUP_INTERVAL_HOURS: '' })).toBe(12);
  });
  test('both may not say different things', () => {
    const env = { CLEANUP_INTERVAL_HOURS: '12', FILES_CLEANUP_INTERVAL_HOURS: '24' };
    expect(problemsWith(env)).toEqual([
      'CLEANUP_INTERVAL_HOURS: is "12", but FILES_CLEANUP_INTERVAL_HOURS, another name of it, is "24"; set one of them',
    ]);
  });
});

test('keys of all providers are hidden from every printer', () => {
  const config = load({ KIMI_API_KEY: 'sk-secret-kimi', GLM_API_KEY: 'secret.glm' });
  expect(config.KIMI_API_KEY).toBe('sk-secret-kimi');
  expect(JSON.stringify({ config })).not.toContain('secret');
  expect(JSON.stringify({ config })).toContain('"GLM_API_KEY":"[set]"');
});
