import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long we hold the database before others have their turn. A saver that finds it locked looks again within a
 * tenth of a second and gives up after five: with as long a pause behind each hold it always gets through.
 */
const HOLD_MS = 50;

/** Runs `work` on each item in write transactions that take turns with other writers; the answers in order. */
export async function takingTurns<Item, Answer>(
  database: DatabaseSync,
  items: readonly Item[],
  work: (item: Item) => Answer,
): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  while (answers.length < items.length) {
    const heldMs = holdOnce(database, items.slice(answers.length), (item) => {
      answers.push(work(item));
    });
    await pause(Math.min(heldMs, HOLD_MS));
  }
  return answers;
}

/** One transaction, of at least one item; how long it took. */
function holdOnce<Item>(database: DatabaseSync, items: readonly Item[], work: (item: Item) => void): number {
  // Not deferred: nobody can write between what we look at and what we delete.
  database.exec('BEGIN IMMEDIATE');
  const begunAt = performance.now();
  try {
    for (const item of items) {
      work(item);
      if (performance.now() - begunAt >= HOLD_MS) break;
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  return performance.now() - begunAt;
}
