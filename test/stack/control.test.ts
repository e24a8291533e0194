/** An operator's verbs on a running service: pause, resume, force, drain. */
import { beforeAll, expect, test } from 'vitest';
import { get, post } from '../crash/caller.ts';
import { QUICK } from '../crash/rig.ts';
import { startProgram } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { eventually, until } from '../support/until.ts';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack({ ...QUICK, LEASE_SECONDS: 600 });
  return () => stack.stop();
});

/** Runs a command of `operator/`; resolves with how it ended and what it printed. */
async function run(command: 'deletions' | 'drain', ...args: string[]) {
  const part = await startProgram({
    name: command,
    script: `operator/${command}-command.ts`,
    args,
    env: { ...scrubbedEnv(), ENV_FILE: 'none', DATABASE_URL: stack.databaseUrl },
  });
  return { ending: await part.ended, said: part.logTail() };
}

const acquire = async (session: string, body: object = {}) => {
  const answer = await post(stack.api.url, `/session/${session}/acquire`, { body });
  expect(answer.status).toBe(200);
  return (answer.body as { vector_store_id: string }).vector_store_id;
};
const release = (session: string) => post(stack.api.url, `/session/${session}/release`);
const look = async (session: string) => (await get(stack.api.url, `/session/${session}`)).body;
const untilState = (session: string, wanted: object) =>
  until(
    async () => {
      expect(await look(session)).toMatchObject(wanted);
      return true;
    },
    { describe: `${session} is ${JSON.stringify(wanted)}`, deadlineMs: 20_000 },
  );
const deletes = async () =>
  (await stack.simulator.control.journal()).filter((entry) => entry.operation === 'delete_store').length;
const scrape = async () => (await fetch(`${stack.api.url}/metrics`)).text();
const ready = () => get(stack.api.url, '/health/ready');
const deny = () =>
  stack.simulator.control.setFault({
    match: { operation: 'delete_store' },
    times: 0,
    fault: { kind: 'status', status: 403 },
  });

test('paused: nothing is deleted, readiness, metrics and the session say so; resumed: it goes on', async () => {
  await acquire('held');
  expect(await run('deletions', 'pause', '--reason', 'the key leaked', '--by', 'alice')).toEqual({
    ending: 'code 0',
    said: expect.stringMatching(/paused since .* by alice: the key leaked/),
  });
  await release('held');
  await untilState('held', { state: 'draining', stuck: null, waits_for: 'deletions are paused' });
  expect(await deletes()).toBe(0);
  const deletions = { ok: true, paused: true, by: 'alice', reason: 'the key leaked' };
  // Readiness gives each component 1.5 s, which a busy machine may need for once.
  await eventually(async () => {
    expect(await ready()).toMatchObject({ status: 200, body: { components: { deletions } } });
  });
  expect(await scrape()).toContain('loiter_killer_deletions_paused 1\n');
  expect(await run('drain')).toEqual({
    ending: 'code 3',
    said: expect.stringMatching(/drain: deletions are paused since .*; .*resume/),
  });
  const { said } = await run('deletions', 'status', '--json');
  expect(JSON.parse(said)).toMatchObject({ paused: true, by: 'alice', same_cluster: true });
  expect(await run('deletions', 'resume')).toEqual({
    ending: 'code 0',
    said: expect.stringContaining('deletions go on'),
  });
  await untilState('held', { state: 'closed', waits_for: null });
  expect(await scrape()).toContain('loiter_killer_deletions_paused 0\n');
});

test('a command called wrongly explains itself with exit code 2', async () => {
  for (const args of [['pause'], ['resume', 'now'], ['--unknown']]) {
    expect(await run('deletions', ...args)).toEqual({
      ending: 'code 2',
      said: expect.stringContaining('usage:'),
    });
  }
  expect(await run('drain', '--wait-seconds', 'long')).toEqual({
    ending: 'code 2',
    said: expect.stringContaining('usage:'),
  });
});

test('forced: what is stuck is given up and stays listed, beside the next lease', async () => {
  const storeId = await acquire('hopeless');
  await deny();
  await release('hopeless');
  await untilState('hopeless', { stuck: { last_error: expect.stringContaining('403') } });
  const body = { by: 'alice', reason: 'the account is closed' };
  const forced = await post(stack.api.url, '/session/hopeless/force', { body });
  expect(forced).toMatchObject({ status: 200, body: { forced: [{ vector_store_ids: [storeId] }] } });
  expect(await post(stack.api.url, '/session/hopeless/force', { body })).toMatchObject({
    status: 409,
    body: { code: 'NOT_STUCK' },
  });
  const next = await acquire('hopeless');
  expect(await look('hopeless')).toMatchObject({
    state: 'active',
    vector_store_id: next,
    abandoned: [{ vector_store_ids: [storeId], ...body }],
  });
  const listed = await get(stack.api.url, '/sessions?abandoned=true');
  expect(listed.body).toMatchObject({ leases: [{ vector_store_id: storeId, end_reason: 'forced' }] });
  await stack.simulator.control.clearFaults();
});

test('drained: all but what is protected, then that; what cannot be deleted is listed', async () => {
  await acquire('safe', { protected: true });
  expect(await run('drain')).toEqual({
    ending: 'code 0',
    said: expect.stringMatching(/protected leases that stay: 1 [^]*all gone/),
  });
  expect(await look('safe')).toMatchObject({ state: 'active' });
  await deny();
  const { ending, said } = await run('drain', '--protected');
  expect(ending).toBe('code 1');
  expect(said).toMatch(/draining {2}session safe .* stuck since .*403/);
  await stack.simulator.control.clearFaults();
});
