import { judgeShape, type CheckpointShape } from '../../domain/conversations.ts';
import type { Db } from '../open.ts';

/** The columns of each table that the cleanup reads or matches; by their types where it computes with them. */
const EXPECTED = {
  checkpoints: [
    'thread_id text',
    'checkpoint_ns text',
    'checkpoint_id text',
    'parent_checkpoint_id text',
    'checkpoint jsonb',
    'metadata jsonb',
  ],
  checkpoint_writes: ['thread_id text', 'checkpoint_ns text', 'checkpoint_id text', 'channel text'],
  checkpoint_blobs: ['thread_id text', 'checkpoint_ns text', 'channel text', 'version text'],
};

const COLUMNS = {
  name: 'checkpoint-columns',
  text: `
SELECT t.name, array_agg(a.attname || ' ' || format_type(a.atttypid, NULL)) AS columns
FROM unnest($1::text[]) AS t (name)
  JOIN pg_attribute a ON a.attrelid = to_regclass(quote_ident(t.name)) AND a.attnum > 0 AND NOT a.attisdropped
GROUP BY t.name`,
};

/** Whether the tables are those of LangGraph's saver for PostgreSQL, found by the connection's search path. */
export async function checkpointShape(db: Db): Promise<CheckpointShape> {
  const rows = await db.rows<{ name: string; columns: string[] }>(COLUMNS, [Object.keys(EXPECTED)]);
  return judgeShape(EXPECTED, Object.fromEntries(rows.map(({ name, columns }) => [name, columns])));
}
