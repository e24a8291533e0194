import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, onTestFinished } from 'vitest';
import type { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import { scrubbedEnv } from '../../support/scrub.ts';
import type { ThreadSaver } from './savers.ts';

/** What the parent may have done on one database. */
export type SaverCall = { readonly id: number; readonly path: string } & (
  | { readonly method: 'open' | 'close'; readonly args: readonly [] }
  | { readonly method: 'put'; readonly args: Parameters<ThreadSaver['put']> }
  | { readonly method: 'putWrites'; readonly args: Parameters<ThreadSaver['putWrites']> }
  | { readonly method: 'getTuple'; readonly args: Parameters<ThreadSaver['getTuple']> }
  | { readonly method: 'exec'; readonly args: readonly [sql: string] }
);
interface SaverAnswer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: string;
}
interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export interface SaverProcess extends ThreadSaver {
  /** SQL on the saver's own connection. */
  exec(sql: string): Promise<void>;
  /** As when the chat service ends. */
  close(): Promise<void>;
}

const waiting = new Map<number, Waiting>();
let child: ChildProcess | undefined;
let calls = 0;

/** One process serves the databases of a test file: it takes a second to load LangGraph. */
function chatServices(): ChildProcess {
  if (child !== undefined) return child;
  child = fork(join(import.meta.dirname, 'saver-child.ts'), {
    env: scrubbedEnv(),
    execArgv: [],
    serialization: 'advanced',
  });
  child.on('message', ({ id, value, error }: SaverAnswer) => {
    if (error === undefined) waiting.get(id)?.resolve(value);
    else waiting.get(id)?.reject(new Error(error));
    waiting.delete(id);
  });
  child.on('exit', () => {
    for (const { reject } of waiting.values()) reject(new Error('the saver has ended'));
  });
  return child;
}

afterAll(() => child?.disconnect());

/** LangGraph's JavaScript saver on a database, open in another process until the test ends. */
export async function startSaver(path: string): Promise<SaverProcess> {
  const call = (method: SaverCall['method'], args: readonly unknown[]) =>
    new Promise((resolve, reject) => {
      calls += 1;
      waiting.set(calls, { resolve, reject });
      chatServices().send({ id: calls, path, method, args });
    });
  let open = true;
  const close = async () => {
    if (open) await call('close', []);
    open = false;
  };
  await call('open', []);
  onTestFinished(close);
  return {
    put: (...args) => call('put', args) as ReturnType<SqliteSaver['put']>,
    putWrites: async (...args) => void (await call('putWrites', args)),
    getTuple: async (config) =>
      ((await call('getTuple', [config])) ?? undefined) as Awaited<ReturnType<SqliteSaver['getTuple']>>,
    exec: async (sql) => void (await call('exec', [sql])),
    close,
  };
}
