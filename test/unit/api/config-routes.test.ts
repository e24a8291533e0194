import { describe, expect, it } from 'vitest';
import { limitsOf } from '../../../api/config-limits.ts';
import { apiSettings } from '../../../api/settings.ts';
import { loadConfig } from '../../../config/index.ts';
import { asker } from './ask.ts';
import { LIMITS } from './stub.ts';

const { ask } = asker();
const configOf = (env: Record<string, string> = {}) => loadConfig(env, { dotenvPath: false });

describe('GET /config/timeouts', () => {
  it.each([
    ['kimi-thinking-preview', 1.5, [67.5, 101.25, 135, 168.75]],
    ['glm-4.6', 1.3, [58.5, 87.75, 117, 146.25]],
    ['kimi-k2-0905-preview', 1.2, [54, 81, 108, 135]],
    ['kimi-k2-turbo-preview', 0.8, [36, 54, 72, 90]],
    ['glm-4.5-flash', 0.7, [31.5, 47.25, 63, 78.75]],
    ['glm-4.5-air', 0.6, [27, 40.5, 54, 67.5]],
    ['gpt-5', 1, [45, 67.5, 90, 112.5]],
  ] as const)('for %s', async (model, multiplier, [workflow, daemon, shim, client]) => {
    const answer = await ask('GET', `/config/timeouts?model=${model}`);
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toBe(
      `{"model":"${model}","multiplier":${multiplier},"tool_seconds":30,"workflow_seconds":${workflow},` +
        `"daemon_seconds":${daemon},"shim_seconds":${shim},"client_seconds":${client}}`,
    );
  });

  it.each(['', '?', '?model=', '?modell=glm-4.6'])(
    'without a model (%j) the model is null',
    async (query) => {
      const answer = await ask('GET', `/config/timeouts${query}`);
      expect([answer.statusCode, answer.json()]).toEqual([
        200,
        {
          model: null,
          multiplier: 1,
          tool_seconds: 30,
          workflow_seconds: 45,
          daemon_seconds: 67.5,
          shim_seconds: 90,
          client_seconds: 112.5,
        },
      ]);
    },
  );

  it.each([
    ['glm%204.6%22%C3%A4', 'glm 4.6"ä'],
    ['__proto__', '__proto__'],
    ['gpt&model=glm-4.6', 'glm-4.6'],
    ['x'.repeat(200), 'x'.repeat(200)],
  ])('says back the name %s', async (text, model) => {
    const answer = await ask('GET', `/config/timeouts?model=${text}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([200, { model }]);
  });

  it.each([
    ['x'.repeat(201), 'string_too_long'],
    ['a%00b', 'string_unicode'],
  ])('refuses %s', async (text, type) => {
    const answer = await ask('GET', `/config/timeouts?model=${text}`);
    expect([answer.statusCode, answer.json()]).toMatchObject([
      422,
      { detail: [{ type, loc: ['query', 'model'] }] },
    ]);
  });

  it('is made from the configuration, exact to the millisecond', async () => {
    const config = configOf({ SIMPLE_TOOL_TIMEOUT_SECS: '2.5', WORKFLOW_TOOL_TIMEOUT_SECS: '45.001' });
    const { toolTimeouts } = apiSettings(config);
    const answer = await ask('GET', '/config/timeouts?model=glm-4.6', { settings: { toolTimeouts } });
    expect(answer.json()).toMatchObject({
      tool_seconds: 2.5,
      workflow_seconds: 58.501,
      daemon_seconds: 87.752,
      shim_seconds: 117.003,
      client_seconds: 146.253,
    });
  });
});

describe('GET /config/limits', () => {
  it('answers what the process was started with', async () => {
    const answer = await ask('GET', '/config/limits');
    expect([answer.statusCode, answer.json()]).toEqual([200, LIMITS]);
  });

  it('tells every limit of the configuration', async () => {
    const { limits } = apiSettings(
      configOf({
        GLM_API_KEY: 'key',
        MAX_FILE_SIZE_GLM: '1',
        MAX_FILE_SIZE_PER_USER: '2',
        DEFAULT_USER_QUOTA_GB: '0.5',
        UPLOAD_TIMEOUT: '3',
        FILE_RETENTION_DAYS: '4',
        ALLOWED_EXTENSIONS: '.TXT,md',
        MCP_PROMPT_SIZE_LIMIT: '5',
        DEFAULT_MAX_OUTPUT_TOKENS: '6',
        KIMI_MAX_OUTPUT_TOKENS: '7',
        GLM_MAX_OUTPUT_TOKENS: '8',
      }),
    );
    expect((await ask('GET', '/config/limits', { settings: { limits } })).json()).toEqual({
      providers: [
        {
          provider: 'glm',
          max_file_bytes: 1,
          max_files: 100,
          max_total_bytes: null,
          kept_days: 180,
          default_purpose: 'agent',
          offers_stores: false,
        },
      ],
      files: {
        allowed_extensions: ['txt', 'md'],
        max_file_bytes_per_user: 2,
        user_quota_bytes: 536_870_912,
        upload_timeout_seconds: 3,
        retention_days: 4,
      },
      mcp: { max_prompt_characters: 5, max_output_tokens: { default: 6, kimi: 7, glm: 8 } },
    });
  });

  it('has the defaults of the contract, for every provider in TEST_MODE', () => {
    const { providers, files, mcp } = limitsOf(configOf({ TEST_MODE: 'true' }));
    expect(providers).toMatchObject([
      { provider: 'openai', max_file_bytes: 536_870_912, max_files: null, offers_stores: true },
      { provider: 'kimi', max_file_bytes: 104_857_600, max_files: 1_000, max_total_bytes: 10_737_418_240 },
      { provider: 'glm', max_file_bytes: 20_971_520, max_files: 100, kept_days: 180 },
    ]);
    expect(files).toMatchObject({ user_quota_bytes: 10_737_418_240, upload_timeout_seconds: 300 });
    expect(mcp).toEqual({
      max_prompt_characters: 60_000,
      max_output_tokens: { default: 8_192, kimi: 16_384, glm: 8_192 },
    });
  });
});
