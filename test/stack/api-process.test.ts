import { describe, expect, it } from 'vitest';
import { asEnvironment } from '../../dev/child-environment.ts';
import { createDatabase, query } from '../support/databases.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { freePort, startApi, startSimulator, type Program, type Settings } from '../support/programs.ts';
import { startProgram } from '../support/parts.ts';
import { until } from '../support/until.ts';

/** The api alone: no worker, and no Temporal anywhere. */
async function loneApi(changes: Settings = {}): Promise<{ api: Program; settings: Settings }> {
  const simulator = await startSimulator();
  const settings: Settings = {
    TEST_MODE: true,
    SIMULATOR_URL: simulator.baseUrl,
    DATABASE_URL: await createDatabase('api', { empty: true }),
    TEMPORAL_ADDRESS: `127.0.0.1:${await freePort()}`,
    ...changes,
  };
  return { api: await startApi(settings), settings };
}

describe('the api process', () => {
  it('migrates an empty database and serves leases while Temporal is away', async () => {
    const { api } = await loneApi();
    const post = (path: string) => fetch(`${api.url}${path}`, { method: 'POST' });
    const acquired = await post('/session/s/acquire');
    expect([acquired.status, await acquired.json()]).toMatchObject([200, { reused: false }]);
    expect((await post('/session/s/renew')).status).toBe(200);
    const ready = await fetch(`${api.url}/health/ready`);
    expect([ready.status, await ready.json()]).toMatchObject([
      503,
      {
        status: 'not_ready',
        components: {
          ledger: { ok: true },
          temporal: { ok: false },
          worker: { ok: false },
          schedules: { ok: false },
        },
      },
    ]);
    expect(await api.stop()).toBe('code 0');
  });

  it('finishes what it has on SIGTERM, and takes no more', async () => {
    const { api, settings } = await loneApi({ CLEANUP_WAIT_SECONDS: 3, LEASE_SECONDS: 1 });
    await fetch(`${api.url}/session/s/acquire`, { method: 'POST' });
    const databaseUrl = String(settings['DATABASE_URL']);
    await until(
      async () => {
        const [row] = await query<{ due: boolean }>(
          databaseUrl,
          'SELECT expires_at < clock_timestamp() AS due FROM lease',
        );
        return row?.due === true;
      },
      { describe: 'the lease is due', deadlineMs: 10_000 },
    );
    const cleaning = fetch(`${api.url}/cleanup`, { method: 'POST' });
    await until(
      async () => {
        const rows = await query(databaseUrl, "SELECT FROM lease WHERE state = 'draining'");
        return rows.length === 1;
      },
      { describe: 'the clean-up has begun', deadlineMs: 5_000 },
    );
    const stopped = api.stop();
    const signalledAt = performance.now();
    const answer = await cleaning;
    // No worker drains it: the wait ran to its end after the signal.
    expect([answer.status, await answer.json()]).toEqual([200, { cleaned: 0 }]);
    expect(await stopped).toBe('code 0');
    // The answer after at most 3 s, and nothing to wait for after it, although the client keeps its connection.
    expect(performance.now() - signalledAt).toBeLessThan(7_000);
    await expect(fetch(`${api.url}/health`)).rejects.toThrow();
  });

  it.each([
    ['a taken port', (settings: Settings) => settings, /EADDRINUSE/],
    [
      "another mode's ledger",
      (settings: Settings) => ({
        ...settings,
        PORT: 0,
        TEST_MODE: false,
        OPENAI_API_KEY: 'sk-test',
        OPENAI_BASE_URL: 'http://127.0.0.1:9',
      }),
      /TEST_MODE/,
    ],
    [
      'neither key nor TEST_MODE',
      (settings: Settings) => ({ ...settings, TEST_MODE: false }),
      /TEST_MODE=true/,
    ],
  ])('ends with code 2 on %s', async (_name, change, message) => {
    const { api, settings } = await loneApi();
    await fetch(`${api.url}/session/s/acquire`, { method: 'POST' });
    const wrong = change({ ...settings, PORT: new URL(api.url).port });
    const env = { ...scrubbedEnv(), ...asEnvironment(wrong) };
    const part = await startProgram({ name: 'api-2', script: 'api/main.ts', env });
    expect(await part.ended).toBe('code 2');
    expect(part.logTail()).toMatch(message);
  });
});
