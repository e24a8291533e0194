import { describe, expect, it } from 'vitest';
import type { FailureKind, FailureReason } from '../../../providers/failure.ts';
import type { Fault } from '../../../simulator/contract.ts';
import { useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, LIMITS, taggedStore } from './provider-fixture.ts';
import { newFile, providerOf } from './upload-fixture.ts';

const refusal = (status: number, message: string, more: object = {}): Fault => ({
  kind: 'status',
  status,
  body: { error: { message, type: 'invalid_request_error', ...more } },
});
const status = (code: number): Fault => ({ kind: 'status', status: code });
/** Ends the calls that nothing else ends. */
const SHORT = { deadlineMs: 250 };
/** What is never answered ends by its deadline; any other answer is waited for, however busy the machine is. */
const limitsOf = (fault: Fault | undefined) =>
  fault?.kind === 'hang' || fault?.kind === 'stall_body' ? SHORT : LIMITS;

describe('what a failed upload proves, over real HTTP', () => {
  const fixture = useSimulator();

  it.each<[string, Fault, FailureKind]>([
    [
      'OpenAI, out of storage (bespokelabsai/curator#189)',
      refusal(
        400,
        'You have exceeded your file storage quota. Organizations are limited to 100 GB of files. Please delete old files or attempt with a smaller file size.',
      ),
      'full',
    ],
    [
      'Kimi, too many files (platform.kimi.ai)',
      refusal(
        400,
        'The number of files you have uploaded exceeded the max file count 1000, please delete previous uploaded files',
      ),
      'full',
    ],
    [
      'Azure, too many files (Azure/azure-sdk-for-java#47401)',
      refusal(400, 'The quota for files without expiry is reached. The maximum is 500.'),
      'full',
    ],
    [
      'GLM, in its own shape',
      { kind: 'status', status: 400, body: { error: { code: '1214', message: 'File count limit reached' } } },
      'full',
    ],
    ['too many files, by the code', refusal(403, 'No.', { code: 'file_count_exceeded' }), 'full'],
    ['too many files, as 429', refusal(429, 'You have reached the limit of 100 files'), 'full'],
    ['too many bytes', refusal(400, 'The total size of your files exceeds the limit of 10 GB'), 'full'],
    [
      'one file that is too large (platform.kimi.ai)',
      refusal(400, 'File size is too large, max file size is 100MB, please confirm and re-upload the file'),
      'refused',
    ],
    [
      'one file that is too large, as OpenAI',
      refusal(413, 'Maximum content size limit (536870912) exceeded'),
      'refused',
    ],
    ['a file of too many tokens', refusal(400, 'Too many files tokens: limit exceeded'), 'refused'],
    [
      'too many uploads',
      refusal(429, 'Rate limit reached for files: limit of 1000 files per minute'),
      'throttled',
    ],
    ['no credit at OpenAI', refusal(429, 'No.', { code: 'insufficient_quota' }), 'refused'],
    ['no credit at Kimi', refusal(429, 'No.', { type: 'exceeded_current_quota_error' }), 'refused'],
    ['no credit at GLM', refusal(429, 'No.', { code: '1113' }), 'refused'],
    ['an unknown purpose', refusal(400, "Invalid purpose: only 'file-extract' accepted"), 'refused'],
    ['no such route', refusal(404, 'Not found'), 'refused'],
    ['401', status(401), 'unauthorized'],
    ['409', status(409), 'unavailable'],
    ['429', status(429), 'throttled'],
    ['408', status(408), 'ambiguous'],
    ['500', status(500), 'ambiguous'],
    ['a redirect', status(307), 'refused'],
    ['204', status(204), 'ambiguous'],
    ['a hang', { kind: 'hang' }, 'ambiguous'],
    ['an answer that is cut off', { kind: 'cut_body' }, 'ambiguous'],
    ['an answer that stalls', { kind: 'stall_body' }, 'ambiguous'],
    ['an answer without an id', { kind: 'answer', body: { object: 'file', created_at: 1 } }, 'ambiguous'],
    ['an answer without an age', { kind: 'answer', body: { object: 'file', id: 'file-1' } }, 'ambiguous'],
  ])('%s', async (_what, fault, kind) => {
    await fixture.control.setFault({ match: { operation: 'upload_file' }, fault });
    const { last_seq: since } = await fixture.control.journalPage();
    const failure = await failureOf(providerOf(fixture, 'openai').uploadFile(newFile('x'), limitsOf(fault)));
    expect(failure).toMatchObject({ kind, reason: undefined });
    expect(await fixture.control.journal(since)).toHaveLength(1);
  });

  it('an answer that leaves out all but id and age is one', async () => {
    const body = { id: 'file-1', created_at: 1_700_000_000 };
    await fixture.control.setFault({ match: { operation: 'upload_file' }, fault: { kind: 'answer', body } });
    expect(await providerOf(fixture, 'glm').uploadFile(newFile('x'), LIMITS)).toEqual({
      id: 'file-1',
      createdAtMs: 1_700_000_000_000,
      filename: null,
      sizeBytes: null,
      purpose: null,
    });
  });

  it.each(['openai', 'kimi', 'glm'] as const)('%s: the limits as the simulator words them', async (name) => {
    const provider = providerOf(fixture, name, { apiKey: `sk-limits-${name}` });
    const file = newFile('12345', {
      purpose: { openai: 'assistants', kimi: 'file-extract', glm: 'agent' }[name],
    });
    await provider.uploadFile(file, LIMITS);
    await fixture.control.config({ [`${name}_file_limit`]: 1 });
    expect((await failureOf(provider.uploadFile(file, LIMITS))).kind).toBe('full');
    await fixture.control.config({ [`${name}_file_limit`]: 2, [`${name}_storage_limit`]: 9 });
    expect((await failureOf(provider.uploadFile(file, LIMITS))).kind).toBe('full');
    await fixture.control.config({ [`${name}_storage_limit`]: 10 });
    await provider.uploadFile(file, LIMITS);
  });
});

describe('what a failed attach complains of', () => {
  const fixture = useSimulator();
  const FILE = 'file-testunknown';

  async function attach(fault: Fault | undefined) {
    const provider = providerOf(fixture, 'openai');
    const store = await provider.createStore(taggedStore('attach'), LIMITS);
    const told = (text: string) => text.replaceAll('STORE', store.id).replaceAll('FILE', FILE);
    if (fault !== undefined) {
      const named = JSON.parse(told(JSON.stringify(fault))) as Fault;
      await fixture.control.setFault({ match: { operation: 'attach_file' }, fault: named });
    }
    return failureOf(provider.attachFile(store.id, FILE, limitsOf(fault)));
  }

  it.each<[string, Fault | undefined, FailureKind, FailureReason | undefined]>([
    ['an unknown file, as the simulator says it', undefined, 'gone', 'file_missing'],
    [
      'a file not seen yet',
      refusal(404, "No file found with id 'FILE' in vector store 'STORE'."),
      'gone',
      'file_missing',
    ],
    ['a file, without its id', refusal(404, 'No file found'), 'gone', 'file_missing'],
    ['a store', refusal(404, "No vector store found with id 'STORE'."), 'gone', 'store_missing'],
    ['a store, by its id', refusal(404, 'No file can be added: STORE not found'), 'gone', 'store_missing'],
    ['a store, without its id', refusal(404, 'Vector store not found.'), 'gone', 'store_missing'],
    ['something', refusal(404, 'Not found.'), 'gone', undefined],
    ['the route', refusal(404, 'Invalid URL (POST /v1/x)'), 'refused', undefined],
    [
      'a full store',
      refusal(400, 'Vector store STORE has reached the maximum number of files (10000).'),
      'full',
      'store_full',
    ],
    [
      'a full store, by the code',
      refusal(400, 'No.', { code: 'vector_store_file_limit_exceeded' }),
      'full',
      'store_full',
    ],
    [
      'the rate',
      refusal(429, 'Rate limit: 300 requests per minute for vector store files'),
      'throttled',
      undefined,
    ],
    ['an expired store', refusal(400, 'Vector store STORE is expired.'), 'refused', 'store_not_ready'],
    [
      'a store that is being made',
      refusal(409, 'The vector store is still in_progress'),
      'unavailable',
      'store_not_ready',
    ],
    [
      'a store that is being deleted',
      refusal(400, 'Vector store STORE is being deleted'),
      'refused',
      'store_not_ready',
    ],
    [
      'a file that is being processed',
      refusal(409, 'File FILE is being processed'),
      'unavailable',
      undefined,
    ],
    [
      'a file of no use',
      refusal(400, 'Files with extensions [.zip] are not supported for retrieval.'),
      'refused',
      undefined,
    ],
    ['nothing, in a 500', refusal(500, 'Vector store STORE is expired.'), 'ambiguous', undefined],
    ['nothing, in a hang', { kind: 'hang' }, 'ambiguous', undefined],
    [
      'nothing, in an answer about another file',
      { kind: 'answer', body: { id: 'file-2' } },
      'ambiguous',
      undefined,
    ],
    ['the key', status(401), 'unauthorized', undefined],
  ])('%s', async (_what, fault, kind, reason) => {
    expect(await attach(fault)).toMatchObject({ kind, reason });
  });

  it('of the simulator: a full store, an expired one, one that is not there', async () => {
    const provider = providerOf(fixture, 'openai');
    const { id: storeId } = await provider.createStore(taggedStore('states'), LIMITS);
    const [one, two] = [
      await provider.uploadFile(newFile('1'), LIMITS),
      await provider.uploadFile(newFile('2'), LIMITS),
    ];
    await fixture.control.config({ files_per_store: 1 });
    await provider.attachFile(storeId, one.id, LIMITS);
    // A second time changes nothing.
    await provider.attachFile(storeId, one.id, LIMITS);
    const attachAnother = () => failureOf(provider.attachFile(storeId, two.id, LIMITS));
    expect(await attachAnother()).toMatchObject({ kind: 'full', reason: 'store_full' });
    await fixture.control.config({ files_per_store: 0 });
    await fixture.control.expire(storeId);
    expect(await attachAnother()).toMatchObject({ kind: 'refused', reason: 'store_not_ready' });
    await provider.deleteStore(storeId, LIMITS);
    expect(await attachAnother()).toMatchObject({ kind: 'gone', reason: 'store_missing' });
  });
});
