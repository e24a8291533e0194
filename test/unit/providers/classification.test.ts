import { describe, expect, it } from 'vitest';
import type { Fault, Phase } from '../../../simulator/contract.ts';
import type { FailureKind } from '../../../providers/failure.ts';
import type { CallOptions } from '../../../providers/port.ts';
import { startSimulator } from '../../../simulator/index.ts';
import { useSimulator } from '../simulator/simulator-fixture.ts';
import { failureOf, INSTANCE, LIMITS, providerAt, TEST_KEY, taggedStore } from './provider-fixture.ts';

/** Ends the calls that nothing else ends. */
const SHORT = { deadlineMs: 250 };
const ENDLESS: readonly Fault['kind'][] = ['hang', 'stall_body'];

type CallName = 'create' | 'update' | 'delete' | 'retrieve' | 'list';
type Expected = Readonly<Record<CallName, FailureKind>>;

const all = (kind: FailureKind): Expected => ({
  create: kind,
  update: kind,
  delete: kind,
  retrieve: kind,
  list: kind,
});
/** Nobody can tell what became of a write; a failed read changed nothing. */
const UNSETTLED: Expected = { ...all('ambiguous'), retrieve: 'unavailable', list: 'unavailable' };
const GONE: Expected = { ...all('gone'), create: 'refused', list: 'refused' };

const status = (code: number, body?: unknown): Fault => ({
  kind: 'status',
  status: code,
  ...(body === undefined ? {} : { body }),
});
const quota = {
  error: {
    message: 'You exceeded your current quota',
    type: 'insufficient_quota',
    code: 'insufficient_quota',
  },
};
const refusal = (message: string, code: string | null = null) => ({
  error: { message, type: 'invalid_request_error', code },
});
const full = refusal('You have reached the limit of 100 vector stores.');
const FULL: Expected = { ...all('refused'), create: 'full' };
const missing = { error: { message: 'No such object', type: 'invalid_request_error', code: null } };
const badUrl = {
  error: { message: 'Invalid URL (DELETE /v2/x)', type: 'invalid_request_error', code: null },
};

interface Case {
  readonly what: string;
  readonly fault: Fault;
  readonly phase?: Phase;
  readonly expected: Expected;
}

const CASES: readonly Case[] = [
  { what: '400', fault: status(400), expected: all('refused') },
  { what: '401', fault: status(401), expected: all('unauthorized') },
  { what: '403', fault: status(403), expected: all('unauthorized') },
  { what: '404 about an object', fault: status(404, missing), expected: GONE },
  { what: '404 of a proxy, in HTML', fault: status(404, '<h1>Not Found</h1>'), expected: all('refused') },
  { what: '404 of another service', fault: status(404, { detail: 'Not Found' }), expected: all('refused') },
  { what: '404 about the URL', fault: status(404, badUrl), expected: all('refused') },
  { what: '405', fault: status(405), expected: all('refused') },
  { what: '408', fault: status(408), expected: UNSETTLED },
  { what: '409', fault: status(409), expected: all('unavailable') },
  { what: '413', fault: status(413), expected: all('refused') },
  { what: '422', fault: status(422), expected: all('refused') },
  { what: '429', fault: status(429), expected: all('throttled') },
  { what: '429 without credit', fault: status(429, quota), expected: all('refused') },
  { what: '400 of a full account', fault: status(400, full), expected: FULL },
  {
    what: '400 of a full account, by its code',
    fault: status(400, refusal('No.', 'vector_store_limit_exceeded')),
    expected: FULL,
  },
  {
    what: '403 of a full account',
    fault: status(403, refusal('Project has the maximum number of vector stores')),
    expected: { ...all('unauthorized'), create: 'full' },
  },
  {
    what: '429 of a full account',
    fault: status(429, refusal('Vector stores: quota exceeded')),
    expected: { ...all('throttled'), create: 'full' },
  },
  {
    what: '429 about requests for stores',
    fault: status(429, refusal('Rate limit reached for vector stores: 60 requests per minute')),
    expected: all('throttled'),
  },
  {
    what: '400 about a limit within a store',
    fault: status(400, refusal('A vector store takes a maximum of 500 files.')),
    expected: all('refused'),
  },
  { what: 'a redirect', fault: status(307), expected: all('refused') },
  { what: '500', fault: status(500), expected: UNSETTLED },
  { what: '500 after the effect', fault: status(500), phase: 'after', expected: UNSETTLED },
  { what: '502 in HTML', fault: status(502, '<html>Bad gateway</html>'), expected: UNSETTLED },
  { what: '503', fault: status(503), expected: UNSETTLED },
  { what: 'hang before the effect', fault: { kind: 'hang' }, expected: UNSETTLED },
  { what: 'hang after the effect', fault: { kind: 'hang' }, phase: 'after', expected: UNSETTLED },
  { what: 'connection dropped before the effect', fault: { kind: 'drop_before' }, expected: UNSETTLED },
  { what: 'connection dropped after the effect', fault: { kind: 'drop_after' }, expected: UNSETTLED },
  { what: 'an answer that is no JSON', fault: { kind: 'invalid_json' }, expected: UNSETTLED },
  { what: 'an answer that stalls', fault: { kind: 'stall_body' }, expected: UNSETTLED },
  { what: 'an answer that is cut off', fault: { kind: 'cut_body' }, expected: UNSETTLED },
  { what: 'an empty object', fault: { kind: 'answer', body: {} }, expected: UNSETTLED },
  { what: 'null', fault: { kind: 'answer', body: null }, expected: UNSETTLED },
  { what: 'a list', fault: { kind: 'answer', body: [] }, expected: UNSETTLED },
  { what: 'text', fault: status(200, 'OK'), expected: UNSETTLED },
  { what: 'nothing', fault: status(200, ''), expected: UNSETTLED },
  { what: '204', fault: status(204, ''), expected: UNSETTLED },
];

describe('what each failure proves, over real HTTP', () => {
  const fixture = useSimulator();

  function callNamed(name: CallName, storeId: string, limits: CallOptions): Promise<unknown> {
    const provider = providerAt(fixture.simulator.baseUrl);
    switch (name) {
      case 'create':
        return provider.createStore(taggedStore('classified'), limits);
      case 'update':
        return provider.setStoreExpiry(storeId, 3, limits);
      case 'delete':
        return provider.deleteStore(storeId, limits);
      case 'retrieve':
        return provider.retrieveStore(storeId, limits);
      case 'list':
        return provider.findStoresByLease(
          { instanceId: INSTANCE, leaseId: 'x', createdSinceMs: null },
          limits,
        );
    }
  }

  const rows = CASES.flatMap((one) =>
    (Object.keys(one.expected) as CallName[]).map((name) => ({ ...one, name, kind: one.expected[name] })),
  );

  it.each(rows)('$name, $what: $kind', async ({ name, fault, phase, kind }) => {
    const { id } = await providerAt(fixture.simulator.baseUrl).createStore(taggedStore('t'), LIMITS);
    const { last_seq: since } = await fixture.control.journalPage();
    await fixture.control.setFault({ fault, times: 0, ...(phase === undefined ? {} : { phase }) });
    const startedAt = performance.now();
    const limits = ENDLESS.includes(fault.kind) ? SHORT : LIMITS;
    const failure = await failureOf(callNamed(name, id, limits));
    const elapsedMs = performance.now() - startedAt;
    expect(failure.kind).toBe(kind);
    expect(elapsedMs).toBeLessThan(limits.deadlineMs + 1_000);
    const expectedStatus = fault.kind === 'status' && fault.status >= 300 ? fault.status : undefined;
    expect(failure.status).toBe(expectedStatus);
    // What changes something is sent exactly once, whatever becomes of it.
    const sent = await fixture.control.journal(since);
    if (name === 'list' || name === 'retrieve') expect(sent.length).toBeLessThanOrEqual(2);
    else expect(sent).toHaveLength(1);
  });

  it('takes a refused connection for not sent', async () => {
    const closed = await startSimulator();
    await closed.close();
    const calls: string[] = [];
    const meter = {
      call: (operation: string, outcome: string) => void calls.push(`${operation} ${outcome}`),
    };
    const provider = providerAt(closed.baseUrl, { meter });
    const failure = await failureOf(provider.createStore(taggedStore('refused'), LIMITS));
    expect(failure).toMatchObject({ kind: 'unavailable', status: undefined });
    expect(failure.message).toContain('ECONNREFUSED');
    expect((await failureOf(provider.deleteStore('vs_x', LIMITS))).kind).toBe('unavailable');
    expect(calls).toEqual(['create_store unavailable', 'delete_store unavailable']);
  });

  it.each([
    ['seconds', { retry_after: 7 }, 7_000],
    ['parts of a second', { retry_after: '0.5' }, 500],
    ['retry-after-ms', { retry_after_ms: 120, retry_after: 60 }, 120],
    ['nonsense', { retry_after: 'soon' }, undefined],
  ])('reads Retry-After in %s', async (_what, headers, expected) => {
    const provider = providerAt(fixture.simulator.baseUrl);
    await fixture.control.setFault({ fault: { kind: 'status', status: 429, ...headers } });
    const failure = await failureOf(provider.createStore(taggedStore('wait'), LIMITS));
    expect(failure).toMatchObject({ kind: 'throttled', retryAfterMs: expected });
  });

  it('reads Retry-After as an HTTP date, also of a 503', async () => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const date = new Date(Date.now() + 30_000).toUTCString();
    await fixture.control.setFault({ fault: { kind: 'status', status: 503, retry_after: date } });
    const failure = await failureOf(provider.deleteStore('vs_x', LIMITS));
    expect(failure.kind).toBe('ambiguous');
    expect(failure.retryAfterMs).toBeGreaterThan(25_000);
    expect(failure.retryAfterMs).toBeLessThanOrEqual(30_000);
  });

  it('never quotes the key, neither in its own shape nor in another, and keeps the text short', async () => {
    for (const apiKey of [TEST_KEY, 'no-usual-shape-0123456789']) {
      const body = {
        error: {
          message: `Incorrect API key provided: ${apiKey}. ${'x'.repeat(9_000)}`,
          code: 'invalid_api_key',
        },
      };
      await fixture.control.setFault({ fault: { kind: 'status', status: 401, body } });
      const provider = providerAt(fixture.simulator.baseUrl, { apiKey });
      const failure = await failureOf(provider.deleteFile('file-1', LIMITS));
      expect(failure.message).toContain('Incorrect API key provided');
      expect(failure.message).not.toContain(apiKey);
      expect(failure.message.length).toBeLessThanOrEqual(240);
      expect(failure.cause).toBeUndefined();
    }
  });

  it.each(['', '..'])('refuses the id %j without sending anything', async (id) => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const { last_seq: since } = await fixture.control.journalPage();
    expect((await failureOf(provider.deleteStore(id, LIMITS))).kind).toBe('refused');
    expect((await failureOf(provider.deleteFile(id, LIMITS))).kind).toBe('refused');
    expect(await fixture.control.journal(since)).toEqual([]);
  });

  it('keeps an odd id inside its place in the path', async () => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const { last_seq: since } = await fixture.control.journalPage();
    expect((await failureOf(provider.deleteStore('a/../b?c#d', LIMITS))).kind).toBe('gone');
    expect(await fixture.control.journal(since)).toMatchObject([
      { operation: 'delete_store', target: 'a/../b?c#d', query: '' },
    ]);
  });

  it.each([
    ['deleted: false', { deleted: false }],
    ['another id', { id: 'vs_other', deleted: true }],
  ])('takes a deletion answered with %s for unproven', async (_what, answer) => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const { id } = await provider.createStore(taggedStore('unproven'), LIMITS);
    await fixture.control.setFault({
      fault: { kind: 'answer', body: { id, object: 'vector_store.deleted', ...answer } },
    });
    expect((await failureOf(provider.deleteStore(id, LIMITS))).kind).toBe('ambiguous');
  });

  it('sends a read once more when its connection broke, and only then', async () => {
    const provider = providerAt(fixture.simulator.baseUrl);
    const { id } = await provider.createStore(taggedStore('again'), LIMITS);
    await fixture.control.setFault({ fault: { kind: 'drop_before' } });
    expect((await provider.retrieveStore(id, LIMITS)).id).toBe(id);
    await fixture.control.setFault({ fault: status(500) });
    expect((await failureOf(provider.retrieveStore(id, LIMITS))).kind).toBe('unavailable');
  });
});
