/** Many acquires at once: one session has one store, fifty sessions have fifty, and nobody hangs on another. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { beforeAll, expect, it } from 'vitest';
import { startApi } from '../support/programs.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';
import { acquire, leasesOf, post, show, type Acquired } from './session-calls.ts';

const MANY = 50;
let stack: Stack;

beforeAll(async () => {
  stack = await startStack({ LEASE_SECONDS: 600, OUTBOX_POLL_SECONDS: 1 });
});

const control = () => stack.simulator.control;
const creates = async (leaseId: string) =>
  (await control().journal()).filter(
    (entry) => entry.operation === 'create_store' && entry.lease === leaseId,
  );
const holdCreates = (name: string) =>
  control().setFault({ match: { operation: 'create_store' }, fault: { kind: 'hold', name } });

/** One session, one store, and exactly one caller that is told it is new. */
async function oneStore(id: string, answers: readonly Acquired[]): Promise<void> {
  const [lease, ...more] = await leasesOf(stack, id);
  expect(more).toEqual([]);
  expect(new Set(answers.map((answer) => answer.vector_store_id))).toEqual(new Set([lease?.vector_store_id]));
  expect(new Set(answers.map((answer) => answer.leaseId))).toEqual(new Set([lease?.lease_id]));
  expect(await creates(lease?.lease_id ?? '')).toHaveLength(1);
}

it('50 first acquires of one session: one create, one id, one that is not reused', async () => {
  await holdCreates('crowd');
  const before = await openConnections();
  const asking = Array.from({ length: MANY }, () => acquire(stack, 'crowd'));
  await control().waitForHeld('crowd');
  // All are there while the store is being made: late ones would only re-acquire. One or two find an idle connection.
  await until(async () => (await openConnections()) >= before + MANY - 2, { describe: 'all 50 in the api' });
  await control().release('crowd');
  const answers = await Promise.all(asking);
  await oneStore('crowd', answers);
  expect(answers.filter((answer) => !answer.reused)).toHaveLength(1);
});

/** Sockets that the api has open; each of our waiting calls has one of its own. */
async function openConnections(): Promise<number> {
  const text = await (await fetch(`${stack.api.url}/metrics`)).text();
  return Number(/^nodejs_active_resources\{type="TCPSocketWrap"\} (\d+)/m.exec(text)?.[1] ?? 0);
}

it('50 first acquires of one session through two apis: still one', async () => {
  const other = await startApi(stack.settings);
  await holdCreates('two');
  const asking = Array.from({ length: MANY }, (_, index) =>
    acquire(index % 2 === 0 ? stack : { api: other }, 'two'),
  );
  await control().waitForHeld('two');
  await control().release('two');
  const answers = await Promise.all(asking);
  await oneStore('two', answers);
  expect(answers.filter((answer) => !answer.reused)).toHaveLength(1);
  await other.stop();
});

it('50 sessions at once: 50 stores, each with a workflow that knows it', async () => {
  const ids = Array.from({ length: MANY }, (_, index) => `each-${index}`);
  const answers = await Promise.all(ids.map((id) => acquire(stack, id)));
  expect(answers.every((answer) => !answer.reused)).toBe(true);
  expect(new Set(answers.map((answer) => answer.vector_store_id)).size).toBe(MANY);
  const { stores } = await control().state();
  const sessions = stores.map((store) => store.metadata['session_id']);
  expect(sessions.filter((session) => session?.startsWith('each-'))).toHaveLength(MANY);
});

it('refused once, refused for all that waited, and the next one begins anew', async () => {
  await control().setFault({
    match: { operation: 'create_store' },
    fault: { kind: 'status', status: 400 },
  });
  await control().config({ latency_ms: 1_500 });
  const asking = Array.from({ length: 10 }, () => post(stack, 'refusal', 'acquire'));
  const answers = await Promise.all(asking);
  await control().config({ latency_ms: 0 });
  expect(answers.map((answer) => answer.status)).toEqual(asking.map(() => 502));
  const [refused, ...more] = await leasesOf(stack, 'refusal');
  expect(more).toEqual([]);
  expect(await creates(refused?.lease_id ?? '')).toHaveLength(1);
  expect(await acquire(stack, 'refusal')).toMatchObject({ reused: false });
});

it('the caller whose acquire makes the store hangs up: the others and the next have that store', async () => {
  await holdCreates('quitter');
  const socket = connect(Number(new URL(stack.api.url).port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write('POST /session/quitter/acquire HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n');
  await control().waitForHeld('quitter');
  const waiting = [acquire(stack, 'quitter'), acquire(stack, 'quitter')];
  socket.destroy();
  await once(socket, 'close');
  await control().release('quitter');
  const answers = await Promise.all(waiting);
  const next = await acquire(stack, 'quitter');
  await oneStore('quitter', [...answers, next]);
  expect(next.reused).toBe(true);
});

it('everybody hangs up: the store is made all the same and waits for the next', async () => {
  await holdCreates('nobody');
  const gone = new AbortController();
  const url = `${stack.api.url}/session/nobody/acquire`;
  const asking = fetch(url, { method: 'POST', signal: gone.signal }).catch(() => 'gone');
  await control().waitForHeld('nobody');
  gone.abort();
  expect(await asking).toBe('gone');
  await control().release('nobody');
  await until(async () => (await show(stack, 'nobody')).state === 'active', { describe: 'active' });
  const next = await acquire(stack, 'nobody');
  await oneStore('nobody', [next]);
  expect(next.reused).toBe(true);
});
