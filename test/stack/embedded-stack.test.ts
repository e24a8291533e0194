/** `npm start` on one machine: refusals, order, Ctrl-C, the death of a part, `kill -9` and the start after it. */
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, test } from 'vitest';
import { isRunning } from '../../dev/processes/inspect.ts';
import { startEmbeddedStack, type EmbeddedStack } from '../support/embedded-stack.ts';
import { freePort } from '../support/programs.ts';
import { kill9, scratchDirectory } from '../support/parts.ts';
import { until } from '../support/until.ts';

const TIMEOUT_MS = 240_000;
const newDirectory = () => join(scratchDirectory('start'), 'data');

async function post(url: string): Promise<Record<string, unknown>> {
  const response = await fetch(url, { method: 'POST', signal: AbortSignal.timeout(15_000) });
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

test('no key and no TEST_MODE: exit 2, both ways out named', async () => {
  const stack = await startEmbeddedStack(newDirectory(), { TEST_MODE: 'false' });
  expect(await stack.part.ended).toBe('code 2');
  expect(stack.printed()).toMatch(/OPENAI_API_KEY.*TEST_MODE=true/);
});

test('a taken PORT: exit 2 before anything is started, the holder named', async () => {
  const port = await freePort();
  const holder = createServer().listen(port, '127.0.0.1');
  await once(holder, 'listening');
  const stack = await startEmbeddedStack(newDirectory(), { PORT: String(port) });
  expect(await stack.part.ended).toBe('code 2');
  expect(stack.printed()).toContain(`PORT: 127.0.0.1:${port} is taken by process ${process.pid} (`);
  expect(stack.printed()).not.toContain('starting');
  holder.close();
});

test(
  'sessions survive kill -9 of the parent; the next start ends the leftovers, and Ctrl-C leaves nothing running',
  async () => {
    const directory = newDirectory();
    const first = await startEmbeddedStack(directory);
    const acquired = await post(`${await first.ready()}/session/survivor/acquire`);
    const leftovers = first.children();
    expect(leftovers.map(({ name }) => name).toSorted()).toEqual([
      ...['PostgreSQL', 'Temporal', 'the api', 'the simulator', 'the worker'],
    ]);

    const rival = await startEmbeddedStack(directory);
    expect(await rival.part.ended).toBe('code 2');
    expect(rival.printed()).toContain(`DATA_DIR: ${directory} is in use by process ${first.part.pid} (`);
    expect(leftovers.every((entry) => isRunning(entry))).toBe(true);

    await kill9(first.part);
    expect(leftovers.filter((entry) => isRunning(entry)).length).toBeGreaterThanOrEqual(4);

    const second = await startEmbeddedStack(directory);
    const again = await post(`${await second.ready()}/session/survivor/acquire`);
    expect(again).toMatchObject({ vector_store_id: acquired['vector_store_id'], reused: true });
    expect(leftovers.some((entry) => isRunning(entry))).toBe(false);
    expect(second.printed()).toContain('ended what an earlier run left behind: PostgreSQL');

    const running = second.children();
    expect(running).toHaveLength(5);
    second.part.signal('SIGINT');
    expect(await second.part.ended).toBe('code 0');
    expect(running.filter((entry) => isRunning(entry))).toEqual([]);
    expect(second.printed()).toMatch(/1 lease stays live[^]*\/release/);
    const stopped = second.printed().matchAll(/stopped (.*)/g);
    expect([...stopped].map((match) => match[1])).toEqual([
      ...['the api', 'the worker', 'the simulator', 'Temporal', 'PostgreSQL'],
    ]);
  },
  TIMEOUT_MS,
);

interface Shown {
  readonly state: string;
  readonly expires_at: string | null;
  readonly vector_store_id: string;
}
const show = async (api: string, session: string) =>
  (await (await fetch(`${api}/session/${session}`)).json()) as Shown;

/** The run of each session's workflow, once all of them run. */
async function runsOf(stack: EmbeddedStack, sessions: readonly string[]): Promise<string[]> {
  const temporal = stack.children().find(({ name }) => name === 'Temporal');
  const port = /--port\W+(\d+)/.exec(temporal?.commandLine ?? '')?.[1];
  const connection = await Connection.connect({ address: `127.0.0.1:${port}` });
  const { workflow } = new Client({ connection });
  const running = async (session: string) => {
    const { status, runId } = await workflow.getHandle(`session/${session}`).describe();
    return status.name === 'RUNNING' && runId;
  };
  try {
    const one = (session: string) =>
      until(() => running(session), { describe: `a workflow of ${session}`, deadlineMs: 60_000 });
    return await Promise.all(sessions.map(one));
  } finally {
    await connection.close();
  }
}

test(
  'a Temporal file of another version is set aside while all stand still: every lease has its workflow again; and the death of one part ends all the others, with exit code 1 and the reason',
  async () => {
    const directory = newDirectory();
    const first = await startEmbeddedStack(directory, { LEASE_SECONDS: '600' });
    const api = await first.ready();
    const sessions = ['kept-1', 'kept-2', 'guarded'];
    for (const session of sessions) await post(`${api}/session/${session}/acquire`);
    await post(`${api}/session/guarded/protect`);
    const runs = await runsOf(first, sessions);
    const before = await Promise.all(sessions.map((session) => show(api, session)));
    first.part.signal('SIGTERM');
    expect(await first.part.ended).toBe('code 0');
    writeFileSync(join(directory, 'temporal', 'version'), '1.7.3\n');

    const second = await startEmbeddedStack(directory, { LEASE_SECONDS: '600' });
    const again = await second.ready();
    expect(second.printed()).toContain('was 1.7.3: its database is set aside');
    const newRuns = await runsOf(second, sessions);
    expect(newRuns.filter((run) => runs.includes(run))).toEqual([]);
    const after = await Promise.all(sessions.map((session) => show(again, session)));
    for (const [index, lease] of before.entries()) {
      const { state, expires_at, vector_store_id } = lease;
      expect(after[index]).toMatchObject({ state, expires_at, vector_store_id });
    }
    expect(before.map((lease) => lease.expires_at === null)).toEqual([false, false, true]);
    await fetch(`${again}/session/kept-1/release`, { method: 'POST' });
    await until(async () => (await show(again, 'kept-1')).state === 'closed', {
      describe: 'kept-1 closed',
      deadlineMs: 30_000,
    });

    const children = second.children();
    const temporal = children.find(({ name }) => name === 'Temporal');
    process.kill(temporal?.pid ?? 0, 'SIGKILL');
    expect(await second.part.ended).toBe('code 1');
    expect(second.printed()).toContain('stopping: Temporal ended by itself (signal SIGKILL)');
    expect(children.filter((entry) => isRunning(entry))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'Ctrl-C in the middle of the start ends what had been started',
  async () => {
    const stack = await startEmbeddedStack(newDirectory());
    await until(() => stack.printed().includes('starting Temporal'), {
      describe: 'Temporal being started',
      deadlineMs: 60_000,
    });
    stack.part.signal('SIGINT');
    expect(await stack.part.ended).toBe('code 0');
    expect(stack.children()).toEqual([]);
  },
  TIMEOUT_MS,
);
