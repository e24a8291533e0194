/** One upload: where it goes, what is recorded, and what is told of it. */
import { describe, expect, it } from 'vitest';
import { codeOf } from './kit.ts';
import { openFileBench, sha256Of } from './files-kit.ts';
import { fileRows, sentTo, spooled, told, uploadBy, uploadRows } from './upload-kit.ts';

describe('an upload', () => {
  it.each(['openai', 'kimi', 'glm'])(
    'goes to %s where asked, with its own default purpose',
    async (provider) => {
      const bench = await openFileBench();
      const made = await uploadBy(bench, { provider, content: 'hello', filename: 'näme.TXT' });
      expect(made).toMatchObject({
        provider,
        filename: 'näme.TXT',
        sizeBytes: 5,
        sha256: sha256Of('hello'),
        mimeType: 'text/plain',
        deduplicated: false,
        lease: null,
      });
      const { files } = await bench.control.state();
      expect(files).toMatchObject([{ id: made.fileId, filename: 'näme.TXT', bytes: 5 }]);
      expect(await uploadRows(bench)).toMatchObject([
        {
          provider,
          upload_status: 'completed',
          provider_file_id: made.fileId,
          plain: true,
          claims: false,
          uncertain: false,
          sent: true,
        },
      ]);
      expect(await fileRows(bench)).toEqual([
        { provider_file_id: made.fileId, uploaded: true, marked: false, due: false },
      ]);
    },
  );

  it('is told to the metrics and the log, without its content', async () => {
    const bench = await openFileBench();
    const made = await uploadBy(bench, { content: 'a secret', userId: 'ann' });
    expect(bench.metered.map(([name]) => name)).toEqual(['took', 'uploaded', 'attempted']);
    expect(told(bench, 'uploaded')).toEqual([['openai', 'success', 8]]);
    expect(told(bench, 'attempted')).toEqual([['openai', 'ann']]);
    expect(bench.logged).toMatchObject([
      {
        event: 'file_uploaded',
        request_id: 'request',
        provider: 'openai',
        file_id: made.fileId,
        lease_id: null,
      },
    ]);
    expect(JSON.stringify(bench.logged)).not.toContain('a secret');
  });

  it('takes the purpose that is asked for; one that the provider does not know is its refusal', async () => {
    const bench = await openFileBench();
    await uploadBy(bench, { purpose: 'user_data' });
    expect(await bench.sql(`SELECT purpose FROM provider_file_uploads`)).toEqual([{ purpose: 'user_data' }]);
    expect(await codeOf(uploadBy(bench, { purpose: 'nonsense' }))).toBe('PROVIDER_REFUSED');
  });

  it('knows when the provider will drop it', async () => {
    const bench = await openFileBench();
    await uploadBy(bench, { provider: 'glm' });
    await uploadBy(bench, { provider: 'openai' });
    expect(
      await bench.sql(
        `SELECT provider, extract(day FROM expires_at - sent_at)::int AS days FROM provider_file_uploads ORDER BY provider`,
      ),
    ).toEqual([
      { provider: 'glm', days: 180 },
      { provider: 'openai', days: null },
    ]);
  });

  it('streams from disk what is received; a file that changed since is not sent', async () => {
    const bench = await openFileBench();
    const file = { ...(await spooled('content')), sizeBytes: 6 };
    const wish = { file, filename: 'a.txt', mimeType: 'text/plain', purpose: null, provider: 'openai' };
    const who = { userId: 'u', sessionId: null, leaseId: null, requestId: 'r' };
    await expect(bench.files.upload({ ...wish, ...who })).rejects.toThrow('7 bytes, not 6');
    expect(await sentTo(bench)).toEqual([]);
    expect(await uploadRows(bench)).toMatchObject([{ upload_status: 'failed', uncertain: false }]);
  });
});

describe('whom it goes to', () => {
  it('is the first of the accounts, which are in the order of preference', async () => {
    const bench = await openFileBench({ providers: ['kimi', 'openai', 'glm'] });
    expect(await uploadBy(bench)).toMatchObject({ provider: 'kimi' });
    expect(await sentTo(bench, 'kimi')).toHaveLength(1);
  });

  it('is one whose limit allows the size; beyond the limit of GLM it is never GLM', async () => {
    const bench = await openFileBench({ providers: ['glm', 'kimi'] });
    expect(await uploadBy(bench, { content: 'x'.repeat(100_000) })).toMatchObject({ provider: 'glm' });
    expect(await uploadBy(bench, { content: 'x'.repeat(100_001) })).toMatchObject({ provider: 'kimi' });
    expect(await codeOf(uploadBy(bench, { content: 'x'.repeat(100_001), provider: 'glm' }))).toBe(
      'FILE_TOO_LARGE',
    );
    expect(await codeOf(uploadBy(bench, { content: 'x'.repeat(400_001) }))).toBe('FILE_TOO_LARGE');
    expect(await sentTo(bench, 'glm')).toHaveLength(1);
    expect(bench.files.largestBytes()).toBe(400_000);
  });
});

describe('turned down before anything is sent', () => {
  it.each([
    ['EXTENSION_NOT_ALLOWED', { filename: 'a.exe' }],
    ['FILENAME_INVALID', { filename: 'a/b.txt' }],
    ['FILENAME_INVALID', { filename: 'readme' }],
    ['FILE_EMPTY', { content: '' }],
    ['FILE_TOO_LARGE', { content: 'x'.repeat(400_001) }],
    ['PROVIDER_UNKNOWN', { provider: 'claude' }],
    ['SESSION_NOT_FOUND', { sessionId: 'nobody' }],
  ])('%s: nothing is left anywhere', async (code, wish) => {
    const bench = await openFileBench();
    expect(await codeOf(uploadBy(bench, { userId: 'ann', ...wish }))).toBe(code);
    expect(bench.metered).toEqual([
      ['refused', code],
      ['attempted', 'none', 'ann'],
    ]);
    expect(bench.logged).toMatchObject([{ event: 'file_upload_failed', code, provider: 'none' }]);
    expect(await uploadRows(bench)).toEqual([]);
    expect(await sentTo(bench)).toEqual([]);
  });

  it('says so of a provider that is known and not configured', async () => {
    const bench = await openFileBench({ providers: ['openai'] });
    expect(await codeOf(uploadBy(bench, { provider: 'kimi' }))).toBe('PROVIDER_UNKNOWN');
  });

  it('refuses a name by itself, as soon as it is known', async () => {
    const { files } = await openFileBench();
    expect(() => {
      files.checkName('a.txt');
    }).not.toThrow();
    expect(() => {
      files.checkName('a.exe');
    }).toThrow(expect.objectContaining({ code: 'EXTENSION_NOT_ALLOWED' }));
  });
});
