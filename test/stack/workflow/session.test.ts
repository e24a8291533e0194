import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { leaseQuery } from '../../../workflows/messages.ts';
import { until } from '../../support/until.ts';
import { createFakeLedger, ledgerAway, type FakeLedger } from './fake-ledger.ts';
import { startHarness, type Harness } from './harness.ts';

let ledger: FakeLedger;
let harness: Harness;

beforeAll(async () => {
  ledger = createFakeLedger();
  harness = await startHarness({ address: inject('temporalAddress'), activities: ledger.activities });
});
afterAll(() => harness.stop());

const journalOf = (lease: string) => ledger.journal.filter((line) => line.split(' ')[1] === lease);
const closed = (lease: string) => ledger.leases.get(lease)?.state === 'closed';
const looks = (session: string) => ledger.journal.filter((line) => line === `reconcile ${session}`).length;

/** A signal as a tool other than the SDK may send it. */
async function signalRaw(session: string, payload: object): Promise<void> {
  await harness.client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `session/${session}` },
    signalName: 'renew',
    input: { payloads: [payload] },
  });
}

async function looked(session: string): Promise<void> {
  await until(() => looks(session) > 0, { describe: `a first look at ${session}` });
  await until(async () => (await harness.handle(session).query(leaseQuery)).state !== 'not looked yet', {
    describe: `the view of ${session}`,
  });
}

describe('the life of a lease', () => {
  test('expires, deletes its files, then its store, and ends', async () => {
    const lease = ledger.add('life', 'life-1', 600, { files: ['file-1'] });
    const handle = await harness.wake('life');
    await handle.result();
    expect(lease.endReason).toBe('expired');
    expect(journalOf('life-1')).toEqual(['deleteFiles life-1', 'deleteStore life-1']);
  });

  test('a renewal that the workflow was not told of moves the end', async () => {
    const lease = ledger.add('lazy', 'lazy-1', 3_000);
    const handle = await harness.wake('lazy');
    await looked('lazy');
    const end = (lease.expiresAtMs ?? 0) + 1_500;
    lease.expiresAtMs = end;
    await handle.result();
    expect(Date.now()).toBeGreaterThanOrEqual(end);
    expect(looks('lazy')).toBeGreaterThanOrEqual(3);
  });

  test('an abandoned claim is settled beside the loop', async () => {
    ledger.add('claim', 'claim-1', null, { state: 'provisioning', claimAbandoned: true });
    const handle = await harness.wake('claim');
    await until(async () => (await handle.query(leaseQuery)).state === 'active', { describe: 'active' });
    await handle.signal('release');
    await handle.result();
    expect(journalOf('claim-1')[0]).toBe('settleClaim claim-1');
  });

  test("the provider's own expiry is brought in line", async () => {
    const lease = ledger.add('sync', 'sync-1', 60_000, { expiryOutOfDate: true });
    const handle = await harness.wake('sync');
    await until(() => !lease.expiryOutOfDate, { describe: 'expiry in line' });
    await handle.signal('release');
    await handle.result();
  });

  test('a stuck drain blocks no new lease and is shown', async () => {
    ledger.failing.set('stuck-1', 400);
    const first = ledger.add('stuck', 'stuck-1', 60_000, { state: 'draining' });
    const handle = await harness.wake('stuck');
    const second = ledger.add('stuck', 'stuck-2', 1_500);
    await harness.wake('stuck');
    await until(() => closed('stuck-2'), { describe: 'the second lease closed' });
    expect(second.endReason).toBe('expired');
    expect(first.state).toBe('draining');
    const shown = await until(
      async () => (await handle.query(leaseQuery)).draining.find((drain) => drain.attempts >= 2),
      { describe: 'attempts shown' },
    );
    expect(shown).toMatchObject({ stuck: true, last_error: 'the provider is unavailable' });
    ledger.failing.delete('stuck-1');
    await handle.result();
    expect(closed('stuck-1')).toBe(true);
  });

  test('a long wait is cut short when the lease is closed by somebody else', async () => {
    ledger.failing.set('forced-1', 3_600_000);
    const lease = ledger.add('forced', 'forced-1', 0, { state: 'draining' });
    const handle = await harness.wake('forced');
    await until(() => lease.attempts === 1, { describe: 'a failed attempt' });
    lease.state = 'closed';
    await harness.wake('forced');
    await handle.result();
  });

  test('a ledger that is away is asked again, and a signal cuts the wait short', async () => {
    ledger.before = (what, about) => (what === 'reconcile' && about === 'away' ? ledgerAway() : undefined);
    ledger.add('away', 'away-1', 100);
    const handle = await harness.wake('away');
    await until(async () => (await handle.describe()).historyLength > 6, { describe: 'a failed look' });
    ledger.before = () => undefined;
    await harness.wake('away');
    await handle.result();
    expect(closed('away-1')).toBe(true);
  });
});

describe('signals', () => {
  test('bad input is ignored and good input carried out', async () => {
    ledger.add('junk', 'junk-1', 60_000);
    const handle = await harness.wake('junk');
    await looked('junk');
    for (const junk of ['x', -1, true, [1], { seconds: 'x' }, { seconds: {} }, { lease_id: 5 }]) {
      await handle.signal('renew', junk);
      await handle.signal('track', junk);
    }
    for (const junk of ['x', 7, [], true, { lease_id: '' }]) await handle.signal('release', junk);
    await handle.signal('nothing-like-this', { a: 1 });
    await signalRaw('junk', { metadata: { encoding: Buffer.from('weird/thing') }, data: Buffer.from('x') });
    await signalRaw('junk', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') });
    await handle.signal('renew', 600);
    await handle.signal('renew');
    await handle.signal('renew', { seconds: 60 });
    await handle.signal('track', ['file-1']);
    await handle.signal('track', { file_ids: ['file-2'], file_paths: ['/a'] });
    await handle.signal('release', { lease_id: 'another' });
    await until(() => journalOf('another').length > 0, { describe: 'the last signal' });
    expect(journalOf('junk-1').filter((line) => !line.endsWith(' '))).toEqual(
      expect.arrayContaining([
        'renew junk-1 600',
        'renew junk-1 null',
        'renew junk-1 60',
        'track junk-1 file-1',
        'track junk-1 file-2,/a',
      ]),
    );
    expect(ledger.leases.get('junk-1')?.state).toBe('active');
    await handle.signal('release');
    await handle.result();
  });

  test('one that arrives with the start binds to the lease of the first look', async () => {
    ledger.add('early', 'early-1', 60_000);
    const handle = await harness.client.workflow.signalWithStart('session', {
      workflowId: 'session/early',
      taskQueue: harness.taskQueue,
      args: [{ sessionId: 'early', instanceId: 'i', searchAttributes: false }],
      signal: 'release',
      signalArgs: [],
    });
    await handle.result();
    expect(journalOf('early-1')).toEqual(['release early-1 released', 'deleteStore early-1']);
  });
});

describe('cancel', () => {
  test('releases the lease; with nothing left the workflow completes', async () => {
    const lease = ledger.add('cancel', 'cancel-1', 60_000);
    const handle = await harness.wake('cancel');
    await looked('cancel');
    await handle.cancel();
    await handle.result();
    expect(lease.endReason).toBe('cancelled');
    expect(closed('cancel-1')).toBe(true);
  });

  test('leaves a protected lease alone, again and again', async () => {
    const lease = ledger.add('guarded', 'guarded-1', null, { protected: true });
    const first = await harness.wake('guarded');
    await looked('guarded');
    for (const times of [1, 2]) {
      const { runId } = await first.describe();
      await harness.handle('guarded').cancel();
      await until(async () => (await first.describe()).runId !== runId, { describe: `new run ${times}` });
      await until(() => journalOf('guarded-1').length >= times, { describe: `release ${times}` });
    }
    expect(lease.state).toBe('active');
    expect((await first.describe()).status.name).toBe('RUNNING');
    await first.terminate();
  });

  test('a second cancel of the same run changes nothing', async () => {
    ledger.failing.set('twice-1', 60_000);
    const lease = ledger.add('twice', 'twice-1', 60_000);
    const handle = await harness.wake('twice');
    await looked('twice');
    await Promise.allSettled([handle.cancel(), handle.cancel()]);
    await until(() => lease.attempts > 0, { describe: 'a failed attempt' });
    expect(journalOf('twice-1').filter((line) => line.startsWith('release'))).toHaveLength(1);
    await handle.terminate();
  });
});
