/**
 * The chat services: LangGraph's JavaScript saver on SQLite databases, told what to do by the parent. It brings a
 * SQLite of its own, and two copies of SQLite in one process break one another's locks.
 */
import { SqliteSaver } from '@langchain/langgraph-checkpoint-sqlite';
import type { SaverCall } from './saver-process.ts';
import type { ThreadSaver } from './savers.ts';

/** What is private in its types, or typed by a package without types. */
interface Inside {
  setup(): void;
  readonly db: { exec(sql: string): void; close(): void };
}

type Opened = ThreadSaver & Inside;

const savers = new Map<string, Opened>();

function saverOf(path: string): Opened {
  const saver = savers.get(path) ?? (SqliteSaver.fromConnString(path) as unknown as Opened);
  savers.set(path, saver);
  return saver;
}

async function answer(call: SaverCall): Promise<unknown> {
  const saver = saverOf(call.path);
  switch (call.method) {
    case 'open':
      saver.setup();
      return undefined;
    case 'put':
      return saver.put(...call.args);
    case 'putWrites':
      return saver.putWrites(...call.args);
    case 'getTuple':
      return saver.getTuple(...call.args);
    case 'exec':
      saver.db.exec(...call.args);
      return undefined;
    case 'close':
      saver.db.close();
      savers.delete(call.path);
      return undefined;
  }
}

process.on('message', (call: SaverCall) => {
  answer(call).then(
    (value) => process.send?.({ id: call.id, value: value ?? null }),
    (error: unknown) => process.send?.({ id: call.id, error: String(error) }),
  );
});
process.on('disconnect', () => process.exit(0));
