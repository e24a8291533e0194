/** Another key between create and delete: its 404 prove nothing. And a ledger of real leases refuses TEST_MODE. */
import { beforeAll, expect, test } from 'vitest';
import { get, post, uploadFile } from '../crash/caller.ts';
import { fileStates, leasesOf, makeDue, storeStates, untilClosed } from '../crash/ledger-view.ts';
import { filesLeft, storesOf } from '../crash/provider-view.ts';
import { QUICK } from '../crash/rig.ts';
import { asEnvironment } from '../../dev/child-environment.ts';
import { startProgram } from '../support/parts.ts';
import { freePort, startSimulator, type SimulatorProgram } from '../support/programs.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

const FIRST_KEY = 'not-a-real-key-one';
const SECOND_KEY = 'not-a-real-key-two';

let provider: SimulatorProgram;
let stack: Stack;
beforeAll(async () => {
  // The simulator in the place of the real provider: to the service this is no TEST_MODE.
  provider = await startSimulator();
  stack = await startStack({
    ...QUICK,
    LEASE_SECONDS: 20,
    TEST_MODE: false,
    SIMULATOR_URL: undefined,
    OPENAI_BASE_URL: provider.baseUrl,
    OPENAI_API_KEY: FIRST_KEY,
  });
  return async () => {
    await stack.stop();
    await provider.stop();
  };
});

async function changeKey(key: string): Promise<void> {
  await Promise.all([stack.worker.stop(), stack.api.stop()]);
  await Promise.all([
    stack.restartWorker({ OPENAI_API_KEY: key }),
    stack.restartApi({ OPENAI_API_KEY: key }),
  ]);
}

interface Shown {
  readonly state: string;
  readonly stuck: { readonly last_error: string; readonly next_try_at: string } | null;
}
const look = async (session: string) =>
  (await get(stack.api.url, `/session/${session}`)).body as unknown as Shown;

async function startLease(session: string): Promise<string> {
  const fileId = await uploadFile(provider.baseUrl, session, FIRST_KEY);
  expect((await post(stack.api.url, `/session/${session}/acquire`)).status).toBe(200);
  expect((await post(stack.api.url, `/session/${session}/files`, { body: [fileId] })).status).toBe(200);
  return fileId;
}

test('nothing is taken for gone through another key, and all is deleted when the key is back', async () => {
  const fileIds = [await startLease('released'), await startLease('expired')];
  await changeKey(SECOND_KEY);
  expect((await post(stack.api.url, '/session/released/release')).status).toBe(202);
  // The other key did see a 404 for each of them.
  for (const session of ['released', 'expired']) {
    const [lease] = await leasesOf(stack.databaseUrl, session);
    await provider.control.waitForJournal(
      (entry) => entry.status === 404 && entry.target === lease?.vector_store_id,
      { timeoutMs: 45_000 },
    );
  }
  for (const session of ['released', 'expired']) {
    const stuck = await until(async () => (await look(session)).stuck, {
      describe: `${session} stuck`,
      deadlineMs: 45_000,
    });
    expect(stuck.last_error).toContain('ACCOUNT_CHANGED');
    expect(Date.parse(stuck.next_try_at)).toBeGreaterThan(Date.now());
    expect((await look(session)).state).toBe('draining');
    expect(await storesOf(provider.control, session)).toHaveLength(1);
    expect(await storeStates(stack.databaseUrl, session)).not.toContain('deleted');
    expect(await fileStates(stack.databaseUrl, session)).toEqual(['marked']);
  }
  expect(await filesLeft(provider.control, fileIds)).toHaveLength(2);
  // New leases are none of the old key's business.
  expect((await post(stack.api.url, '/session/new/acquire')).status).toBe(200);
  await post(stack.api.url, '/session/new/release');
  await untilClosed(stack.databaseUrl, 'new');

  await changeKey(FIRST_KEY);
  for (const session of ['released', 'expired']) {
    await makeDue(stack.databaseUrl, session);
    await untilClosed(stack.databaseUrl, session);
    expect(await storesOf(provider.control, session)).toEqual([]);
  }
  expect(await filesLeft(provider.control, fileIds)).toEqual([]);
  expect((await look('released')).stuck).toBeNull();
}, 180_000);

test.each(['api', 'worker'] as const)(
  'the %s refuses TEST_MODE on a ledger of real leases',
  async (program) => {
    expect((await leasesOf(stack.databaseUrl, 'released')).length).toBeGreaterThan(0);
    const part = await startProgram({
      name: `${program}-in-test-mode`,
      script: `${program}/main.ts`,
      env: {
        ...scrubbedEnv(),
        ...asEnvironment({
          ...stack.settings,
          TEST_MODE: true,
          SIMULATOR_URL: stack.simulator.baseUrl,
          PORT: await freePort(),
          WORKER_METRICS_PORT: await freePort(),
        }),
      },
    });
    expect(await part.ended).toBe('code 2');
    expect(part.logTail()).toContain('This ledger holds leases of a real provider; TEST_MODE cannot use it.');
  },
);

test('and a ledger of TEST_MODE leases refuses a real provider', async () => {
  const other = await startStack({ ...QUICK });
  expect((await post(other.api.url, '/session/simulated/acquire')).status).toBe(200);
  const part = await startProgram({
    name: 'api-with-a-key',
    script: 'api/main.ts',
    env: {
      ...scrubbedEnv(),
      ...asEnvironment({
        ...other.settings,
        TEST_MODE: false,
        OPENAI_BASE_URL: provider.baseUrl,
        OPENAI_API_KEY: FIRST_KEY,
        PORT: await freePort(),
      }),
    },
  });
  expect(await part.ended).toBe('code 2');
  expect(part.logTail()).toContain('This ledger holds leases of TEST_MODE');
  await other.stop();
});
