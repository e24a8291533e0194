import { describe, expect, it } from 'vitest';
import { sdkFor, collect, PREFIXES, textFile, useSimulator } from './simulator-fixture.ts';

type Name = keyof typeof PREFIXES;
const KEY = 'sk-test-flavours';

describe('the providers that are played', () => {
  const fixture = useSimulator();
  const url = (name: Name, path: string) => `${fixture.simulator.url}${PREFIXES[name]}${path}`;
  const sdk = (name: Name) => sdkFor(url(name, ''), KEY);
  const get = async (name: Name, path: string, method = 'GET') => {
    const response = await fetch(url(name, path), { method, headers: { authorization: `Bearer ${KEY}` } });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  // The SDK's type lists OpenAI's purposes.
  const upload = (name: Name, purpose: string, text = 'x', filename = 'notes.txt') =>
    sdk(name).files.create({ file: textFile(text, filename), purpose: purpose as 'assistants' });

  it('have files apart from each other, for the same key', async () => {
    const made = {
      openai: await upload('openai', 'assistants'),
      kimi: await upload('kimi', 'file-extract'),
      glm: await upload('glm', 'agent'),
    };
    await fixture.control.config({ share_accounts: true });
    for (const name of Object.keys(made) as Name[]) {
      const { body } = await get(name, '/files');
      expect((body['data'] as { id: string }[]).map(({ id }) => id)).toEqual([made[name].id]);
    }
    const { files } = await fixture.control.state();
    const [fingerprint = ''] = files.map(({ account }) => account);
    expect(files.map(({ account }) => account)).toEqual([
      fingerprint,
      `kimi:${fingerprint}`,
      `glm:${fingerprint}`,
    ]);
    expect(await fixture.control.journal()).toMatchObject([
      { operation: 'upload_file', path: '/v1/files', key: fingerprint },
      { operation: 'upload_file', path: '/kimi/v1/files', key: fingerprint },
      { operation: 'upload_file', path: '/glm/v4/files', key: fingerprint },
      { operation: 'list_files' },
      { operation: 'list_files' },
      { operation: 'list_files' },
    ]);
  });

  it('take each its own purposes, and tell each its own of a file', async () => {
    await expect(upload('openai', 'agent')).rejects.toMatchObject({ status: 400 });
    await expect(upload('kimi', 'assistants')).rejects.toMatchObject({ status: 400 });
    await expect(upload('glm', 'assistants')).rejects.toMatchObject({ status: 400 });
    const common = { object: 'file', bytes: 5, filename: 'a.md' };
    const openai = await upload('openai', 'user_data', 'hello', 'a.md');
    expect(openai).toMatchObject({ ...common, status: 'processed', expires_at: null });
    const kimi = await upload('kimi', 'image', 'hello', 'a.md');
    expect(kimi).toMatchObject({ ...common, purpose: 'image', status: 'ready' });
    const { id, created_at } = await upload('glm', 'batch', 'hello', 'a.md');
    const { body } = await get('glm', '/files');
    expect(body['data']).toContainEqual({ ...common, id, created_at, purpose: 'batch' });
  });

  it('list as they do: OpenAI in pages, Kimi all at once, GLM in pages of its own', async () => {
    await fixture.control.config({ glm_file_limit: 0 });
    for (let n = 0; n < 22; n += 1) {
      await upload('kimi', 'batch');
      await upload('glm', 'batch');
    }
    const kimi = (await get('kimi', '/files?limit=1&after=nobody')).body;
    expect(Object.keys(kimi)).toEqual(['object', 'data']);
    expect((kimi['data'] as unknown[]).length).toBeGreaterThanOrEqual(22);
    const glm = (await get('glm', '/files?order=created_at')).body;
    expect(glm).toMatchObject({ object: 'list', has_more: true });
    expect(Object.keys(glm)).not.toContain('last_id');
    const ids = (glm['data'] as { id: string }[]).map(({ id }) => id);
    expect(ids).toHaveLength(20);
    const rest = (await get('glm', `/files?limit=100&after=${ids[19] ?? ''}`)).body;
    expect(rest).toMatchObject({ has_more: false });
    expect((rest['data'] as { id: string }[]).some(({ id }) => ids.includes(id))).toBe(false);
    expect((await get('glm', '/files?limit=101')).status).toBe(400);
    expect((await get('openai', '/files?limit=1')).body).toMatchObject({ first_id: expect.any(String) });
  });

  it('have stores only at OpenAI, and no call for one file at GLM', async () => {
    for (const name of ['kimi', 'glm'] as const) {
      expect((await get(name, '/vector_stores')).status).toBe(404);
      expect((await get(name, '/vector_stores/vs_1/files', 'POST')).status).toBe(404);
    }
    const kimi = await upload('kimi', 'batch');
    expect((await get('kimi', `/files/${kimi.id}`)).status).toBe(200);
    const glm = await upload('glm', 'batch');
    expect((await get('glm', `/files/${glm.id}`)).status).toBe(405);
    expect((await get('glm', `/files/${glm.id}`, 'DELETE')).body).toEqual({
      id: glm.id,
      object: 'file',
      deleted: true,
    });
  });

  it('refuse in their own shapes', async () => {
    expect((await get('openai', '/files/file-unknown')).body).toEqual({
      error: {
        message: 'No such File object: file-unknown',
        type: 'invalid_request_error',
        param: null,
        code: null,
      },
    });
    expect((await get('kimi', '/files/file-unknown')).body).toEqual({
      error: { message: 'No such File object: file-unknown', type: 'invalid_request_error' },
    });
    expect((await get('glm', '/files/file-unknown', 'DELETE')).body).toEqual({
      error: { message: 'No such File object: file-unknown', code: '1214' },
    });
  });

  it('give back files as documented, unless told to give them', async () => {
    const given = async (name: Name, id: string) => (await sdk(name).files.content(id)).text();
    const kimi = await upload('kimi', 'file-extract', 'the text');
    const glm = await upload('glm', 'agent', 'the text');
    expect(JSON.parse(await given('kimi', kimi.id))).toMatchObject({ content: 'the text', type: 'file' });
    await expect(given('glm', glm.id)).rejects.toMatchObject({ status: 400 });
    const other = await upload('glm', 'batch', 'a batch');
    expect(await given('glm', other.id)).toBe('a batch');
    await fixture.control.config({ assistants_content: 'given' });
    expect(await given('kimi', kimi.id)).toBe('the text');
    expect(await given('glm', glm.id)).toBe('the text');
    const setting = { assistants_content: 'sometimes' } as unknown as { assistants_content: 'given' };
    await expect(fixture.control.config(setting)).rejects.toThrow('assistants_content');
  });

  it('can be told apart by a fault', async () => {
    await fixture.control.setFault({
      match: { operation: 'upload_file', path: '^/kimi/' },
      fault: { kind: 'status', status: 503 },
    });
    await upload('openai', 'assistants');
    await expect(upload('kimi', 'batch')).rejects.toMatchObject({ status: 503 });
  });

  it('allow so many files an account: 1,000 at Kimi, 100 at GLM, any number at OpenAI', async () => {
    expect(await fixture.control.config()).toMatchObject({
      openai_file_limit: 0,
      kimi_file_limit: 1_000,
      kimi_storage_limit: 10 * 2 ** 30,
      glm_file_limit: 100,
    });
    await fixture.control.config({ glm_file_limit: 1 });
    const another = sdkFor(url('glm', ''), 'sk-test-another');
    const make = () => another.files.create({ file: textFile('x'), purpose: 'batch' });
    const { id } = await make();
    await expect(make()).rejects.toMatchObject({ status: 400, code: '1214' });
    await another.files.delete(id);
    await make();
    expect(await collect(another.files.list())).toHaveLength(1);
  });
});
