import type { DatabaseSync } from 'node:sqlite';
import { judgeShape, type CheckpointShape } from '../../../domain/conversations.ts';

const EXPECTED = {
  checkpoints: [
    ...['thread_id', 'checkpoint_ns', 'checkpoint_id', 'parent_checkpoint_id'],
    ...['type', 'checkpoint', 'metadata'],
  ],
  writes: ['thread_id', 'checkpoint_ns', 'checkpoint_id', 'channel'],
};

/** Whether the tables are those of LangGraph's savers for SQLite. */
export function sqliteShape(database: DatabaseSync): CheckpointShape {
  const columns = database.prepare('SELECT name FROM pragma_table_info(?)');
  const of = (table: string) => columns.all(table).map((row) => String(row['name']));
  const found = Object.keys(EXPECTED).map((table) => [table, of(table)] as const);
  return judgeShape(EXPECTED, Object.fromEntries(found));
}
