import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * How long we hold the database before others have their turn. A saver that finds it locked looks again within a
 * tenth of a second and gives up after five: with as long a pause behind each hold it always gets through.
 */
const HOLD_MS = 50;

/** The answers of what was committed, in order; with `failure` where that was not all of it. */
export interface TurnsTaken<Answer> {
  readonly answers: readonly Answer[];
  readonly failure?: Error;
}

/** Runs `work` on each item in write transactions that take turns with other writers, until one fails. */
export async function takingTurns<Item, Answer>(
  database: DatabaseSync,
  items: readonly Item[],
  work: (item: Item) => Answer,
): Promise<TurnsTaken<Answer>> {
  const answers: Answer[] = [];
  while (answers.length < items.length) {
    const begunAt = performance.now();
    try {
      answers.push(...holdOnce(database, items.slice(answers.length), work));
    } catch (error) {
      return { answers, failure: error instanceof Error ? error : new Error(String(error)) };
    }
    await pause(Math.min(performance.now() - begunAt, HOLD_MS));
  }
  return { answers };
}

/** One transaction, of at least one item. */
function holdOnce<Item, Answer>(
  database: DatabaseSync,
  items: readonly Item[],
  work: (item: Item) => Answer,
): readonly Answer[] {
  const answers: Answer[] = [];
  // Not deferred: nobody can write between what we look at and what we delete.
  database.exec('BEGIN IMMEDIATE');
  const begunAt = performance.now();
  try {
    for (const item of items) {
      answers.push(work(item));
      if (performance.now() - begunAt >= HOLD_MS) break;
    }
    database.exec('COMMIT');
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    throw error;
  }
  return answers;
}
