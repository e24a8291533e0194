/** The life of uploads in the whole service: dropped, let go of by a schedule and by hand, and through crashes. */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { FILE_UPKEEP, FILES_SCHEDULE, MANUAL_FILE_RUNS } from '../../workflows/messages.ts';
import { query } from '../support/databases.ts';
import { kill9 } from '../support/parts.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, call, post } from './session-calls.ts';

let stack: Stack;
let connection: Connection;
let client: Client;

beforeAll(async () => {
  stack = await startStack({
    ...{ UPLOAD_TIMEOUT: 5, CONFIRM_GONE_SECONDS: 1, YOUNG_OBJECT_SECONDS: 0, CLEANUP_WAIT_SECONDS: 20 },
    ...{ FILES_CLEANUP_INTERVAL_HOURS: 12, OUTBOX_POLL_SECONDS: 1 },
  });
  connection = await Connection.connect({ address: stack.temporalAddress });
  client = new Client({ connection, namespace: stack.namespace });
});
afterAll(() => connection.close());
beforeEach(() => stack.simulator.control.clearFaults());

let contents = 0;

/** Uploads new content; resolves with the file's id. */
async function upload(fields: Readonly<Record<string, string>> = {}): Promise<string> {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  form.set('file', new Blob([`content ${(contents += 1)}`]), 'note.txt');
  const answer = await fetch(`${stack.api.url}/files`, { method: 'POST', body: form });
  expect(answer.status).toBe(200);
  return ((await answer.json()) as { file_id: string }).file_id;
}

const isThere = async (fileId: string) =>
  (await stack.simulator.control.state()).files.some(({ id }) => id === fileId);
const isGone = (fileId: string) =>
  until(async () => !(await isThere(fileId)), { describe: `${fileId} is gone`, deadlineMs: 40_000 });

interface Row {
  readonly status: string;
  readonly reason: string | null;
  readonly gone: boolean;
}
const rowOf = async (fileId: string) =>
  (
    await query<Row>(
      stack.databaseUrl,
      `SELECT upload_status AS status, deletion_reason AS reason, provider_deleted_at IS NOT NULL AS gone
       FROM provider_file_uploads WHERE provider_file_id = $1`,
      [fileId],
    )
  )[0];
const isProven = (fileId: string) =>
  until(async () => (await rowOf(fileId))?.gone === true, {
    describe: `${fileId} is proven gone`,
    // A pass that died with its worker is given up after half a minute.
    deadlineMs: 55_000,
  });
const unusedFor = (fileId: string, days: number) =>
  query(
    stack.databaseUrl,
    `UPDATE provider_file_uploads SET last_used = now() - $2 * interval '1 day' WHERE provider_file_id = $1`,
    [fileId, days],
  );
/** The upkeep's workflow, once it has ended: nothing is left to do. */
const upkeepEnds = () =>
  until(async () => (await client.workflow.getHandle(FILE_UPKEEP).describe()).status.name === 'COMPLETED', {
    describe: 'the upkeep has ended',
    deadlineMs: 40_000,
  });

describe('a hold that is dropped', () => {
  it('has the file deleted and proven at once; the workflow that did it ends', async () => {
    const fileId = await upload();
    expect((await call(stack, 'DELETE', `/files/${fileId}`)).status).toBe(200);
    await isProven(fileId);
    expect(await rowOf(fileId)).toMatchObject({ status: 'deleted', reason: 'manual' });
    expect(await isThere(fileId)).toBe(false);
    await upkeepEnds();
  });

  it('is seen to by a worker that starts later, where none was there', async () => {
    const fileId = await upload();
    await kill9(stack.worker.part);
    await call(stack, 'DELETE', `/files/${fileId}`);
    // Whoever told the upkeep told one that is gone.
    await client.workflow
      .getHandle(FILE_UPKEEP)
      .terminate()
      .catch(() => undefined);
    expect(await isThere(fileId)).toBe(true);
    await stack.restartWorker();
    await isProven(fileId);
  });

  it(
    'is seen to although the worker dies while the provider deletes the file',
    { timeout: 120_000 },
    async () => {
      const fileId = await upload();
      const fault = { kind: 'hold', name: 'deleted' } as const;
      await stack.simulator.control.setFault({ match: { operation: 'delete_file' }, fault, phase: 'after' });
      await call(stack, 'DELETE', `/files/${fileId}`);
      await stack.simulator.control.waitForHeld('deleted', { timeoutMs: 30_000 });
      await kill9(stack.worker.part);
      await stack.simulator.control.release('deleted', 'drop');
      expect(await isThere(fileId)).toBe(false);
      expect(await rowOf(fileId)).toMatchObject({ gone: false });
      // Its claim would end by itself in minutes.
      await query(stack.databaseUrl, 'UPDATE file SET next_try_at = now() WHERE next_try_at IS NOT NULL');
      await stack.restartWorker();
      await isProven(fileId);
    },
  );
});

describe('retention', () => {
  it('runs on its schedule, at the configured interval, and deletes what is due', async () => {
    const handle = client.schedule.getHandle(FILES_SCHEDULE);
    const { spec, action } = await handle.describe();
    expect(spec.intervals).toMatchObject([{ every: 12 * 3_600_000 }]);
    expect(action).toMatchObject({ workflowType: 'fileRun', args: [{ kind: 'retention', dryRun: false }] });
    const [due, young] = [await upload(), await upload()];
    await unusedFor(due, 31);
    await unusedFor(young, 29);
    await handle.trigger();
    await isProven(due);
    expect(await rowOf(due)).toMatchObject({ reason: 'expired' });
    expect(await rowOf(young)).toMatchObject({ status: 'completed' });
  });

  it('by hand tells what it would do, and then does it', async () => {
    const fileId = await upload();
    await unusedFor(fileId, 31);
    const dry = await call(stack, 'POST', '/files/cleanup?dry_run=true');
    expect(dry.status, dry.text).toBe(200);
    expect(dry.json).toMatchObject({ files_marked: 1, files_deleted: 0, errors: [] });
    expect(await rowOf(fileId)).toMatchObject({ status: 'completed' });
    const real = await call(stack, 'POST', '/files/cleanup');
    const bytes = (dry.json as { bytes_freed: number }).bytes_freed;
    expect(bytes).toBeGreaterThan(0);
    expect(real.json).toMatchObject({ files_marked: 1, files_deleted: 1, bytes_freed: bytes, errors: [] });
    expect(await isThere(fileId)).toBe(false);
  });

  it('tells of a file that cannot be deleted, which goes later', async () => {
    const fileId = await upload();
    await unusedFor(fileId, 31);
    const match = { operation: 'delete_file', id: fileId } as const;
    await stack.simulator.control.setFault({ match, times: 0, fault: { kind: 'status', status: 500 } });
    const { json } = await call(stack, 'POST', '/files/cleanup');
    expect(json).toMatchObject({ files_marked: 1, files_deleted: 0, bytes_freed: 0 });
    await stack.simulator.control.clearFaults();
    await isProven(fileId);
  });

  it('is one at a time, and says where to look where it takes long', async () => {
    const fileId = await upload();
    await unusedFor(fileId, 31);
    const fault = { kind: 'hold', name: 'slow' } as const;
    await stack.simulator.control.setFault({ match: { operation: 'delete_file' }, fault });
    const first = call(stack, 'POST', '/files/cleanup');
    await stack.simulator.control.waitForHeld('slow', { timeoutMs: 30_000 });
    expect((await call(stack, 'POST', '/files/cleanup')).status).toBe(409);
    await stack.simulator.control.release('slow');
    expect((await first).status).toBeLessThan(300);
    await client.workflow.getHandle(MANUAL_FILE_RUNS.retention).result();
    await isGone(fileId);
  });
});

describe('an upload for a session', () => {
  it('goes with its lease, by its drain', async () => {
    await acquire(stack, 'short');
    const fileId = await upload({ session_id: 'short' });
    await post(stack, 'short', 'release');
    await isProven(fileId);
    expect(await rowOf(fileId)).toMatchObject({ status: 'deleted', reason: 'lease_ended' });
  });
});

describe('an upload whose api dies', () => {
  it('is settled without anybody asking, and leaves nothing', async () => {
    await stack.simulator.control.config({ assistants_content: 'given' });
    const fault = { kind: 'hold', name: 'taken' } as const;
    await stack.simulator.control.setFault({ match: { operation: 'upload_file' }, fault, phase: 'after' });
    const lost = upload().catch(() => 'lost');
    const [held] = await stack.simulator.control.waitForHeld('taken');
    const fileId = held?.target ?? '';
    await kill9(stack.api.part);
    expect(await lost).toBe('lost');
    await stack.simulator.control.release('taken', 'drop');
    await stack.restartApi();
    expect(await isThere(fileId)).toBe(true);
    await isProven(fileId);
    expect(await rowOf(fileId)).toMatchObject({ status: 'deleted', reason: 'orphaned' });
    expect(await isThere(fileId)).toBe(false);
  });
});
