/**
 * What docs/operations.md says of the commands beyond their plain use, which operations-commands.test.ts shows:
 * protected leases, inputs that name a lease, inputs that are not understood, and a terminated workflow that nobody
 * wakes.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, expect, it } from 'vitest';
import { query } from '../support/databases.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { temporalBinary } from '../support/shared-servers.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { GiveUpError, until } from '../support/until.ts';
import { acquire, post, show, type Acquired } from './session-calls.ts';

let stack: Stack;
let id: string;
let lease: Acquired;
let ids = 0;

beforeAll(async () => {
  const soon = { CONFIRM_GONE_SECONDS: 1, YOUNG_OBJECT_SECONDS: 0, OUTBOX_POLL_SECONDS: 1 };
  stack = await startStack({ LEASE_SECONDS: 600, ...soon });
});

/** `temporal workflow <args>`; resolves with what it prints. */
async function temporal(of: Stack, ...args: readonly string[]): Promise<string> {
  const env = { ...scrubbedEnv(), TEMPORAL_ADDRESS: of.temporalAddress, TEMPORAL_NAMESPACE: of.namespace };
  const { stdout } = await promisify(execFile)(await temporalBinary(), ['workflow', ...args], { env });
  return stdout;
}
const CLOSING = /workflow is closing/;
/** A workflow that is just being continued as new takes no signal for a moment, and Temporal says so. */
const signal = (name: string, ...input: readonly string[]) =>
  until(
    () =>
      temporal(stack, 'signal', '--workflow-id', `session/${id}`, '--name', name, ...input).catch(
        (error: unknown) => {
          if (CLOSING.test(String(error))) return undefined;
          throw new GiveUpError(String(error));
        },
      ),
    { describe: `the signal ${name} taken` },
  );

const seen = (of: Stack, session: string, leaseId: string) =>
  until(
    async () =>
      (await temporal(of, 'query', '--workflow-id', `session/${session}`, '--name', 'lease')).includes(
        leaseId,
      ),
    { describe: `the workflow sees lease ${leaseId}`, deadlineMs: 30_000 },
  );
const logged = (text: RegExp) =>
  until(() => text.test(stack.worker.part.logTail(10_000)), { describe: `${text} in the worker's log` });

beforeEach(async () => {
  id = `cli-${(ids += 1)}`;
  lease = await acquire(stack, id);
  await seen(stack, id, lease.leaseId);
});

it('release and cancel leave a protected lease alone, and the log says so', async () => {
  await post(stack, id, 'protect');
  await signal('release');
  await logged(new RegExp(`"event":"signal_ignored","session_id":"${id}"`));
  const before = stack.worker.part.logTail(10_000).match(/signal_ignored/g)?.length ?? 0;
  await temporal(stack, 'cancel', '--workflow-id', `session/${id}`);
  await until(() => (stack.worker.part.logTail(10_000).match(/signal_ignored/g)?.length ?? 0) > before, {
    describe: 'the cancel is logged, too',
  });
  expect(await show(stack, id)).toMatchObject({ lease_id: lease.leaseId, state: 'active', protected: true });
  // The workflow goes on and can be cancelled again; unprotected, it is then released.
  await post(stack, id, 'unprotect');
  await seen(stack, id, lease.leaseId);
  await temporal(stack, 'cancel', '--workflow-id', `session/${id}`);
  await until(async () => (await show(stack, id)).end_reason === 'cancelled', { describe: 'cancelled' });
});

it('signals that name a lease are for that one only', async () => {
  const old = lease.leaseId;
  await signal(
    'track',
    '--input',
    JSON.stringify({ file_ids: ['file-9'], file_paths: ['/p'], lease_id: old }),
  );
  await until(async () => (await show(stack, id)).files.length === 1, { describe: 'tracked' });
  expect((await show(stack, id)).file_paths).toEqual(['/p']);
  await post(stack, id, 'release');
  const next = await acquire(stack, id);
  await seen(stack, id, next.leaseId);
  await signal('track', '--input', JSON.stringify({ file_ids: ['file-10'], lease_id: old }));
  await signal('release', '--input', JSON.stringify({ lease_id: old }));
  await logged(new RegExp(`signal_ignored.*"lease_id":"${old}","signal":"release"`));
  expect(await show(stack, id)).toMatchObject({ lease_id: next.leaseId, state: 'active', files: [] });
  await signal('release', '--input', JSON.stringify({ lease_id: next.leaseId }));
  await until(async () => (await show(stack, id)).end_reason === 'released', { describe: 'released' });
});

it('an input that is not understood changes nothing', async () => {
  const before = await show(stack, id);
  for (const input of ['"x"', '-5', '[1]', '{"seconds":"many"}', '{"lease_id":7}']) {
    await signal('renew', '--input', input);
    await signal('track', '--input', input);
  }
  for (const input of ['"x"', '-5', '[1]', 'true', '{"lease_id":7}'])
    await signal('release', '--input', input);
  await signal('forget');
  await logged(/signal ignored: its input is not understood/);
  await signal('track', '--input', '["file-after"]');
  await until(async () => (await show(stack, id)).files.length === 1, { describe: 'the next one is heard' });
  expect(await show(stack, id)).toMatchObject({
    lease_id: before.lease_id,
    state: 'active',
    files: ['file-after'],
  });
});

it('a terminated workflow that nobody wakes comes back half a minute after the deadline', async () => {
  await temporal(stack, 'terminate', '--workflow-id', `session/${id}`, '--reason', 'why');
  const times = `SELECT extract(epoch FROM wake_at - expires_at)::float8 AS gap FROM lease WHERE lease_id = $1`;
  const [row] = await query<{ gap: number }>(stack.databaseUrl, times, [lease.leaseId]);
  expect(row?.gap).toBeCloseTo(30, 3);
  expect((await post(stack, id, 'renew')).status).toBe(200);
  // Ten minutes and a half, in no time.
  const later = `UPDATE lease SET expires_at = expires_at - interval '631 s', wake_at = wake_at - interval '631 s'
    WHERE lease_id = $1`;
  await query(stack.databaseUrl, later, [lease.leaseId]);
  await until(async () => (await show(stack, id)).state === 'closed', { describe: 'the outbox found it' });
  expect(await show(stack, id)).toMatchObject({ end_reason: 'expired' });
  const isCompleted = async () =>
    /Status\s+COMPLETED/.test(await temporal(stack, 'describe', '--workflow-id', `session/${id}`));
  await until(isCompleted, { describe: 'the workflow completed' });
});
