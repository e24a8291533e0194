/** A client that only sends paths, as seen over HTTP and at the provider. */
import OpenAI from 'openai';
import { expect, it } from 'vitest';
import { TEST_MODE_KEY } from '../../config/index.ts';
import { startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, post, show, upload } from './session-calls.ts';

it('files attached to the store of a lease go with it; one that another store has is kept and listed', async () => {
  const stack = await startStack({ OUTBOX_POLL_SECONDS: 1 });
  const mine = await acquire(stack, 'paths only');
  const other = await acquire(stack, 'other');
  const [own, shared] = [await upload(stack), await upload(stack)];
  const sdk = new OpenAI({ apiKey: TEST_MODE_KEY, baseURL: stack.simulator.baseUrl, maxRetries: 0 });
  const attach = (storeId: string, fileId: string) =>
    sdk.vectorStores.files.create(storeId, { file_id: fileId });
  for (const id of [own, shared]) await attach(mine.vector_store_id, id);
  await attach(other.vector_store_id, shared);
  await post(stack, 'paths only', 'release');
  await until(async () => (await show(stack, 'paths only')).state === 'closed', {
    describe: 'the lease is closed',
    deadlineMs: 30_000,
  });
  expect(await show(stack, 'paths only')).toMatchObject({
    files: [],
    deleted_files: [own],
    kept_files: [{ file_id: shared, reason: 'attached_elsewhere' }],
    stuck: null,
  });
  const { files } = await stack.simulator.control.state();
  expect(files.map((file) => file.id)).toEqual([shared]);
});
