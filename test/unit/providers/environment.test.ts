import { afterEach, describe, expect, it, vi } from 'vitest';
import { createStoreProvider } from '../../../providers/index.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { controlSimulator } from '../../../simulator/control-client.ts';
import { useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, LIMITS, providerAt, silentMeter, taggedStore, TEST_KEY } from './provider-fixture.ts';

const REAL_LOOKING_KEY = 'sk-proj-abcdefghijklmnopqrstuvwxyz0123456789';

describe('what the machine exports', () => {
  const fixture = useSimulator();
  afterEach(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });

  function exportEverything(otherBaseUrl: string): void {
    vi.stubEnv('OPENAI_API_KEY', REAL_LOOKING_KEY);
    vi.stubEnv('OPENAI_ADMIN_KEY', REAL_LOOKING_KEY);
    vi.stubEnv('OPENAI_BASE_URL', otherBaseUrl);
    vi.stubEnv('OPENAI_ORG_ID', 'org-exported');
    vi.stubEnv('OPENAI_PROJECT_ID', 'proj-exported');
    vi.stubEnv('OPENAI_WEBHOOK_SECRET', 'whsec-exported');
    vi.stubEnv('OPENAI_LOG', 'debug');
    vi.stubEnv('OPENAI_CUSTOM_HEADERS', `Authorization: Bearer ${REAL_LOOKING_KEY}\nX-Custom: exported`);
  }

  it('reaches no request: neither key, nor address, nor header, nor log', async () => {
    const other = await startSimulator();
    exportEverything(other.baseUrl);
    const console_ = (['debug', 'info', 'log', 'warn', 'error'] as const).map((level) =>
      vi.spyOn(console, level),
    );
    const fetched = vi.spyOn(globalThis, 'fetch');
    const provider = providerAt(fixture.simulator.baseUrl);
    const { id } = await provider.createStore(taggedStore('env'), LIMITS);
    await provider.deleteStore(id, LIMITS);
    await provider.findStoresByLease({ instanceId: 'i', leaseId: 'l', createdSinceMs: null }, LIMITS);

    expect(fetched).toHaveBeenCalledTimes(3);
    for (const [url, init] of fetched.mock.calls) {
      const headers = [...new Headers(init?.headers)];
      const allowed = ['accept', 'authorization', 'content-type', 'openai-beta', 'user-agent'];
      expect(allowed).toEqual(expect.arrayContaining(headers.map(([name]) => name)));
      expect(headers).toContainEqual(['authorization', `Bearer ${TEST_KEY}`]);
      expect(String(url as string)).toContain(fixture.simulator.baseUrl);
      expect(JSON.stringify([url, headers, init?.body])).not.toMatch(/exported|sk-proj/);
    }
    for (const spy of console_) expect(spy).not.toHaveBeenCalled();
    vi.restoreAllMocks();
    expect(await controlSimulator(other.url).journal()).toEqual([]);
    await other.close();
  });

  it('is not followed to another host by a redirect', async () => {
    const other = await startSimulator();
    const fetched = vi.spyOn(globalThis, 'fetch');
    const provider = providerAt(fixture.simulator.baseUrl);
    await fixture.control.setFault({ fault: { kind: 'status', status: 307 } });
    await failureOf(provider.createStore(taggedStore('redirect'), LIMITS));
    const [, init] = fetched.mock.calls.at(-1) ?? [];
    expect(init?.redirect).toBe('manual');
    vi.restoreAllMocks();
    expect(await controlSimulator(other.url).journal()).toEqual([]);
    await other.close();
  });
});

describe('the settings of a provider', () => {
  const make = (
    baseUrl: string,
    more: { testMode?: boolean; loopbackOnly?: boolean; apiKey?: string } = {},
  ) =>
    createStoreProvider({
      baseUrl,
      apiKey: TEST_KEY,
      testMode: false,
      concurrency: 1,
      meter: silentMeter,
      ...more,
    });

  it.each([
    'https://api.openai.com/v1',
    'http://127.0.0.1.example.com/v1',
    'http://10.0.0.1:9880/v1',
    'http://localhost.example.com/v1',
    'http://[::2]/v1',
    'http://0.0.0.0/v1',
  ])('refuses %s where only this machine is allowed', (baseUrl) => {
    expect(() => make(baseUrl, { testMode: true })).toThrow('Only a provider on this machine');
    expect(() => make(baseUrl, { loopbackOnly: true })).toThrow('Only a provider on this machine');
    expect(() => make(baseUrl)).not.toThrow();
  });

  it.each([
    'http://127.0.0.1:9880/v1',
    'http://localhost:9880/v1',
    'http://[::1]:9880/v1',
    'http://127.1/v1',
  ])('takes %s for this machine', (baseUrl) => {
    expect(() => make(baseUrl, { testMode: true, loopbackOnly: true })).not.toThrow();
  });

  it.each([
    ['HTTPS://API.OpenAI.com/v1/', 'https://api.openai.com/v1'],
    [' https://api.openai.com:443/v1// ', 'https://api.openai.com/v1'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
  ])('writes %j as %s', (given, normal) => {
    expect(make(given).account.baseUrl).toBe(normal);
  });

  it.each([
    'api.openai.com',
    'ftp://x/v1',
    'https://user:pass@x/v1',
    'https://x/v1?key=1',
    'https://x/v1#a',
    '',
  ])('refuses the base URL %j', (baseUrl) => {
    expect(() => make(baseUrl)).toThrow('base URL');
  });

  it.each(['', '  ', 'sk-with\nnewline', 'sk-ключ'])('refuses the key %j and does not quote it', (apiKey) => {
    const thrown = (() => {
      try {
        make('https://x/v1', { apiKey });
      } catch (error) {
        return error as Error;
      }
      return undefined;
    })();
    expect(thrown?.message).toContain('provider key');
    if (apiKey.trim() !== '') expect(thrown?.message).not.toContain(apiKey);
  });
});
