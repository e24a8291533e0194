/** Conversations in PostgreSQL, written by LangGraph's own saver. */
import { onTestFinished } from 'vitest';
import { PostgresSaver } from '@langchain/langgraph-checkpoint-postgres';
import { createDatabase, query } from '../support/databases.ts';

export interface PostgresBench {
  readonly url: string;
  readonly database: { readonly kind: 'postgres'; readonly url: string };
  readonly saver: PostgresSaver;
  rows<Row extends object = Record<string, unknown>>(
    sql: string,
    values?: readonly unknown[],
  ): Promise<Row[]>;
}

/** A fresh database with the saver's tables. */
export async function postgresBench(): Promise<PostgresBench> {
  const url = await createDatabase('conversations', { empty: true });
  const saver = PostgresSaver.fromConnString(url);
  onTestFinished(() => saver.end());
  await saver.setup();
  return { url, database: { kind: 'postgres', url }, saver, rows: (sql, values) => query(url, sql, values) };
}

/** Rows of each table that belong to a thread. */
export async function rowsOfThread({ rows }: PostgresBench, threadId: string) {
  const count = async (table: string) => {
    const [row] = await rows<{ n: number }>(`SELECT count(*)::int AS n FROM ${table} WHERE thread_id = $1`, [
      threadId,
    ]);
    return row?.n;
  };
  const [checkpoints, writes] = [await count('checkpoints'), await count('checkpoint_writes')];
  return { checkpoints, writes, blobs: await count('checkpoint_blobs') };
}
