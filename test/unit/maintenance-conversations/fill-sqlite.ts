import { DatabaseSync } from 'node:sqlite';
import { uuid6At } from './ages.ts';
import { daysAgo } from './savers.ts';

/** Threads of one checkpoint with one write, in the saver's tables; each is recent (1 day) or old (9 days). */
export function fillSqlite(path: string, threads: number, isRecent: (index: number) => boolean): void {
  const database = new DatabaseSync(path);
  const checkpoint = database.prepare(
    `INSERT INTO checkpoints (thread_id, checkpoint_id, type, checkpoint, metadata) VALUES (?, ?, 'json', '{}', '{}')`,
  );
  const write = database.prepare(
    `INSERT INTO writes (thread_id, checkpoint_id, task_id, idx, channel) VALUES (?, ?, 'task', 0, 'messages')`,
  );
  database.exec('BEGIN');
  for (let index = 0; index < threads; index += 1) {
    const id = uuid6At(isRecent(index) ? daysAgo(1) : daysAgo(9));
    checkpoint.run(`thread-${index}`, id);
    write.run(`thread-${index}`, id);
  }
  database.exec('COMMIT');
  database.close();
}
