import { describe, expect, it } from 'vitest';
import { collect, textFile, useSimulator } from './simulator-fixture.ts';

describe('files and the files of stores, through the official SDK', () => {
  const fixture = useSimulator();

  it('uploads, lists, reads and deletes', async () => {
    const { files } = fixture.sdk('sk-files');
    const made = await files.create({ file: textFile('hello'), purpose: 'assistants' });
    expect(made).toMatchObject({ object: 'file', bytes: 5, filename: 'notes.txt', purpose: 'assistants' });
    expect(made.id).toMatch(/^[A-Za-z0-9_-]{1,128}$/);
    expect(made.id).toMatch(/^file-test/);
    expect(await files.retrieve(made.id)).toEqual(made);
    const other = await files.create({ file: textFile('other'), purpose: 'user_data' });
    expect(await (await files.content(other.id)).text()).toBe('other');
    await expect(files.content(made.id)).rejects.toMatchObject({ status: 400 });
    await fixture.control.config({ assistants_content: 'given' });
    expect(await (await files.content(made.id)).text()).toBe('hello');
    expect((await collect(files.list())).map(({ id }) => id)).toEqual([other.id, made.id]);
    expect((await collect(files.list({ purpose: 'assistants' }))).map(({ id }) => id)).toEqual([made.id]);
    expect(await files.delete(made.id)).toEqual({ id: made.id, object: 'file', deleted: true });
    await expect(files.delete(made.id)).rejects.toMatchObject({
      status: 404,
      error: { message: `No such File object: ${made.id}` },
    });
  });

  it('keeps the expiry of an upload and refuses one out of bounds', async () => {
    const { files } = fixture.sdk();
    const upload = (seconds: number) =>
      files.create({
        file: textFile('x'),
        purpose: 'assistants',
        expires_after: { anchor: 'created_at', seconds },
      });
    const made = await upload(3_600);
    expect(made.expires_at).toBe(made.created_at + 3_600);
    await expect(upload(3_599)).rejects.toMatchObject({ status: 400 });
  });

  it('attaches, lists, retrieves and detaches; the file stays', async () => {
    const { files, vectorStores } = fixture.sdk();
    const store = await vectorStores.create({ name: 's' });
    const file = await files.create({ file: textFile('12345'), purpose: 'assistants' });
    const attached = await vectorStores.files.create(store.id, { file_id: file.id, attributes: { page: 1 } });
    expect(attached).toMatchObject({
      id: file.id,
      object: 'vector_store.file',
      status: 'completed',
      vector_store_id: store.id,
      attributes: { page: 1 },
    });
    expect(await vectorStores.retrieve(store.id)).toMatchObject({
      usage_bytes: 5,
      file_counts: { total: 1 },
    });
    expect(await collect(vectorStores.files.list(store.id))).toEqual([attached]);
    expect(await collect(vectorStores.files.list(store.id, { filter: 'failed' }))).toEqual([]);
    expect(await vectorStores.files.retrieve(file.id, { vector_store_id: store.id })).toEqual(attached);
    expect(await vectorStores.files.delete(file.id, { vector_store_id: store.id })).toEqual({
      id: file.id,
      object: 'vector_store.file.deleted',
      deleted: true,
    });
    expect(await collect(vectorStores.files.list(store.id))).toEqual([]);
    expect((await files.retrieve(file.id)).id).toBe(file.id);
  });

  it('takes a deleted file out of every store, and leaves the files of a deleted store', async () => {
    const { files, vectorStores } = fixture.sdk();
    const one = await files.create({ file: textFile('1'), purpose: 'assistants' });
    const two = await files.create({ file: textFile('2'), purpose: 'assistants' });
    const stores = [
      await vectorStores.create({ file_ids: [one.id, two.id] }),
      await vectorStores.create({ file_ids: [one.id] }),
    ];
    await files.delete(one.id);
    for (const { id } of stores) {
      const left = await collect(vectorStores.files.list(id));
      expect(left.map((file) => file.id)).toEqual(id === stores[0]?.id ? [two.id] : []);
    }
    await vectorStores.delete(stores[0]?.id ?? '');
    expect((await files.retrieve(two.id)).id).toBe(two.id);
  });

  it('attaches a batch that the SDK can poll and list', async () => {
    const { files, vectorStores } = fixture.sdk();
    const store = await vectorStores.create({});
    const ids: string[] = [];
    for (const text of ['a', 'b', 'c']) {
      ids.push((await files.create({ file: textFile(text), purpose: 'assistants' })).id);
    }
    const batch = await vectorStores.fileBatches.createAndPoll(store.id, { file_ids: ids });
    expect(batch).toMatchObject({
      object: 'vector_store.files_batch',
      status: 'completed',
      file_counts: { total: 3 },
    });
    const listed = await collect(
      vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id, limit: 2 }),
    );
    expect(listed.map(({ id }) => id)).toEqual(ids.toReversed());
    await expect(
      vectorStores.fileBatches.retrieve('vsfb_nope', { vector_store_id: store.id }),
    ).rejects.toMatchObject({ status: 404 });
  });

  it('refuses an unknown file, and any file for an expired store', async () => {
    const { files, vectorStores } = fixture.sdk();
    const store = await vectorStores.create({});
    const attach = (id: string) => vectorStores.files.create(store.id, { file_id: id });
    await expect(attach('file-nope')).rejects.toMatchObject({ status: 404 });
    const file = await files.create({ file: textFile('x'), purpose: 'assistants' });
    await fixture.control.expire(store.id);
    await expect(attach(file.id)).rejects.toMatchObject({ status: 400 });
  });
});
