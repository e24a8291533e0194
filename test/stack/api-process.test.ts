import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { asEnvironment } from '../../dev/child-environment.ts';
import { createDatabase, query } from '../support/databases.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { freePort, startApi, startSimulator, type Program, type Settings } from '../support/programs.ts';
import { startProgram } from '../support/parts.ts';
import { eventually, until } from '../support/until.ts';

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

/** The same database, reached by another port. */
function databaseAt(url: URL, port: number): string {
  const there = new URL(url);
  there.port = String(port);
  return there.href;
}

/** From now on that port leads to the database. */
async function forward(port: number, url: URL): Promise<void> {
  const server = createServer((socket) => {
    const onward = connect(Number(url.port), url.hostname);
    for (const side of [socket, onward]) side.on('error', () => undefined);
    socket.pipe(onward).pipe(socket);
  });
  onTestFinished(() => void server.close());
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
}

describe('the api process', () => {
  it('migrates an empty database and serves leases while Temporal is away', async () => {
    const { api } = await loneApi();
    const post = (path: string) => fetch(`${api.url}${path}`, { method: 'POST' });
    const acquired = await post('/session/s/acquire');
    expect([acquired.status, await acquired.json()]).toMatchObject([200, { reused: false }]);
    expect((await post('/session/s/renew')).status).toBe(200);
    const components = {
      ...{ ledger: { ok: true }, temporal: { ok: false } },
      ...{ worker: { ok: false }, schedules: { ok: false } },
    };
    await eventually(async () => {
      const ready = await fetch(`${api.url}/health/ready`);
      expect([ready.status, await ready.json()]).toMatchObject([503, { status: 'not_ready', components }]);
    });
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
    expect(performance.now() - signalledAt).toBeLessThan(9_000);
    await expect(fetch(`${api.url}/health`)).rejects.toThrow();
  });

  it('answers while the ledger is away at its start, and serves leases once it is there', async () => {
    const port = await freePort();
    const elsewhere = new URL(await createDatabase('late', { empty: true }));
    const { api } = await loneApi({ DATABASE_URL: databaseAt(elsewhere, port) });
    const post = (path: string) => fetch(`${api.url}${path}`, { method: 'POST' });
    const [health, acquired] = [await fetch(`${api.url}/health`), await post('/session/s/acquire')];
    expect([health.status, await health.json()]).toEqual([200, { status: 'healthy' }]);
    expect([acquired.status, await acquired.json()]).toMatchObject([503, { code: 'LEDGER_UNAVAILABLE' }]);
    expect((await fetch(`${api.url}/health/ready`)).status).toBe(503);
    expect((await fetch(`${api.url}/metrics`)).status).toBe(200);
    await forward(port, elsewhere);
    await until(async () => (await post('/session/s/acquire')).status === 200, { describe: 'a lease' });
    expect(await api.stop()).toBe('code 0');
  });

  it('stops at once while it still waits for the ledger', async () => {
    const { api } = await loneApi({ DATABASE_URL: `postgres://nobody@127.0.0.1:${await freePort()}/none` });
    const begun = performance.now();
    expect(await api.stop()).toBe('code 0');
    // Who waits for the ledger to answer, or for calls to end, takes 10 s.
    expect(performance.now() - begun).toBeLessThan(8_000);
  });

  it('ends with code 2 when the ledger that comes is one it may not use', async () => {
    const port = await freePort();
    const elsewhere = new URL(await createDatabase('refused'));
    const real = `INSERT INTO installation (instance_id, test_mode) VALUES ('other', false)`;
    const account = `INSERT INTO account (provider, base_url, organization, test_mode, key_fingerprint)
      VALUES ('openai', 'https://provider', '', false, 'k') RETURNING account_id`;
    await query(elsewhere.href, real);
    const [{ account_id } = { account_id: 0 }] = await query<{ account_id: number }>(elsewhere.href, account);
    await query(
      elsewhere.href,
      `INSERT INTO lease (lease_id, session_id, state, account_id, wake_at)
       VALUES (gen_random_uuid(), 's', 'closed', $1, now())`,
      [account_id],
    );
    const { api } = await loneApi({ DATABASE_URL: databaseAt(elsewhere, port) });
    expect((await fetch(`${api.url}/health`)).status).toBe(200);
    await forward(port, elsewhere);
    expect(await api.part.ended).toBe('code 2');
    expect(api.part.logTail()).toMatch(/TEST_MODE/);
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
