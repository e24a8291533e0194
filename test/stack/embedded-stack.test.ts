/** `npm start` on one machine: refusals, order, Ctrl-C, the death of a part, `kill -9` and the start after it. */
import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isRunning } from '../../dev/processes/inspect.ts';
import { startEmbeddedStack } from '../support/embedded-stack.ts';
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

test(
  'the death of one part ends all the others, with exit code 1 and the reason',
  async () => {
    const stack = await startEmbeddedStack(newDirectory());
    await stack.ready();
    const children = stack.children();
    const temporal = children.find(({ name }) => name === 'Temporal');
    process.kill(temporal?.pid ?? 0, 'SIGKILL');
    expect(await stack.part.ended).toBe('code 1');
    expect(stack.printed()).toContain('stopping: Temporal ended by itself (signal SIGKILL)');
    expect(children.filter((entry) => isRunning(entry))).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  'Ctrl-C in the middle of the start ends what had been started',
  async () => {
    const stack = await startEmbeddedStack(newDirectory());
    await until(() => stack.printed().includes('starting Temporal'), { describe: 'Temporal being started' });
    stack.part.signal('SIGINT');
    expect(await stack.part.ended).toBe('code 0');
    expect(stack.children()).toEqual([]);
  },
  TIMEOUT_MS,
);
