/** PostgreSQL that stops answering in the middle of a release: bounded answers, and nothing lost afterwards. */
import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { get, post, postPatiently, uploadFile } from '../crash/caller.ts';
import { freeze } from '../crash/freeze.ts';
import { leasesOf, untilClosed } from '../crash/ledger-view.ts';
import { filesLeft, storesOf } from '../crash/provider-view.ts';
import { startRig, type Rig } from '../crash/rig.ts';

/**
 * The contract's limit of renew, files and release is 4 s, and the api's own 3.8 s. Seen by a client among two dozen it is
 * a little more: still less than the 5 s that clients wait, and than two of the ledger's time-outs.
 */
const QUICK_MS = 4_700;

let rig: Rig;
let session: string;
let fileId: string;
beforeAll(async () => {
  rig = await startRig({ LEASE_SECONDS: 600 });
  return () => rig.stop();
});

async function startLease(): Promise<void> {
  session = `frozen-${randomBytes(6).toString('hex')}`;
  fileId = await uploadFile(rig.stack.simulator.baseUrl, 'one');
  expect((await call('acquire')).status).toBe(200);
  expect((await call('files', [fileId])).status).toBe(200);
}

const call = (verb: string, body?: unknown) =>
  post(rig.stack.api.url, `/session/${session}/${verb}`, body === undefined ? {} : { body });

async function releasedAndGone(): Promise<void> {
  // The statement may have been carried out after its caller was told 503: both are the client's to repeat.
  expect((await postPatiently(rig.stack.api.url, `/session/${session}/release`)).status).toBe(202);
  const leases = await untilClosed(rig.databaseUrl, session);
  expect(leases).toMatchObject([{ state: 'closed', end_reason: 'released' }]);
  expect(await storesOf(rig.stack.simulator.control, session)).toEqual([]);
  expect(await filesLeft(rig.stack.simulator.control, [fileId])).toEqual([]);
}

test('frozen before the release is carried out: 503 in time, and the release can be repeated', async () => {
  await startLease();
  const held = rig.gate.hold('end-lease', 'request');
  const releasing = call('release');
  await held.hit();
  expect(await leasesOf(rig.databaseUrl, session)).toMatchObject([{ state: 'active' }]);
  const thaw = freeze(rig.postgres().part.pid);
  try {
    held.letGo('continue');
    const answer = await releasing;
    expect(answer.status).toBe(503);
    expect(answer.body['code']).toBe('LEDGER_UNAVAILABLE');
    expect(answer.tookMs).toBeLessThan(QUICK_MS);
    await everyRouteIsBounded();
  } finally {
    thaw();
  }
  await releasedAndGone();
});

test('frozen after the release was carried out, before it was answered: nothing is lost', async () => {
  await startLease();
  const held = rig.gate.hold('end-lease', 'answer');
  const releasing = call('release');
  await held.hit();
  // The gate passed the statement on; it is in force when the row shows it.
  await expect
    .poll(async () => (await leasesOf(rig.databaseUrl, session))[0]?.state, { timeout: 2_000 })
    .toBe('draining');
  const thaw = freeze(rig.postgres().part.pid);
  try {
    const answer = await releasing;
    expect(answer.status).toBe(503);
    expect(answer.tookMs).toBeLessThan(QUICK_MS);
  } finally {
    thaw();
    held.letGo('drop');
  }
  await releasedAndGone();
});

test.each([
  ['api', 'renew', () => call('renew')],
  ['worker', 'drain-state', () => call('release')],
] as const)(
  'a connection that breaks under a statement of the %s ends nothing but that try',
  async (...row) => {
    const [program, statement, trigger] = row;
    await startLease();
    const { pid } = rig.stack[program].part;
    const held = rig.gate.hold(statement, 'answer');
    const answering = trigger();
    await held.hit();
    held.letGo('drop');
    expect((await answering).status).toBe(program === 'api' ? 503 : 202);
    await releasedAndGone();
    expect(rig.stack[program].part.hasEnded()).toBe(false);
    expect(rig.stack[program].part.pid).toBe(pid);
  },
);

/** More calls than the pool has connections, so that some wait for one. */
async function everyRouteIsBounded(): Promise<void> {
  const quick = Array.from({ length: 8 }, () => [call('renew'), call('files', ['file-x']), call('release')]);
  for (const answer of await Promise.all(quick.flat())) {
    expect(answer.status).toBe(503);
    expect(answer.tookMs).toBeLessThan(QUICK_MS);
  }
  const acquired = await call('acquire');
  expect(acquired.status).toBe(503);
  expect(acquired.tookMs).toBeLessThan(8_000);
  const health = await get(rig.stack.api.url, '/health');
  expect(health.body).toEqual({ status: 'healthy' });
  expect(health.tookMs).toBeLessThan(1_000);
}
