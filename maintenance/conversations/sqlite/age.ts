import type { DatabaseSync } from 'node:sqlite';
import { epochTimeMs, tsTimeMs, uuidTimeMs } from '../../../domain/checkpoint-age.ts';
import { readBody } from '../body.ts';

/**
 * With a write-ahead log, lets a commit return before it is on the disk: what a power failure takes back, the next run
 * removes again, and nothing else is at stake. Others' commits wait for the disk as before.
 */
export function hurryCommits(database: DatabaseSync): void {
  if (database.prepare('PRAGMA journal_mode').get()?.['journal_mode'] === 'wal') {
    database.exec('PRAGMA synchronous = NORMAL');
  }
}

const orNull = (ms: number | undefined) => ms ?? null;

/**
 * Gives SQL the rules of `domain/checkpoint-age.ts`, so that the deleting statement itself looks at the age.
 * The body is handed over only where {@link CHECKPOINT_MS} gets to it.
 */
export function defineAge(database: DatabaseSync): void {
  database.function('uuid_ms', { deterministic: true }, (id) => orNull(uuidTimeMs(String(id))));
  database.function('epoch_ms', { deterministic: true }, (id) => orNull(epochTimeMs(String(id))));
  database.function('ts_ms', { deterministic: true }, (type, body) =>
    orNull(tsTimeMs(readBody(type, body)?.ts)),
  );
}

/** Epoch milliseconds of the row `c` of `checkpoints`; null where its age cannot be told. */
export const CHECKPOINT_MS =
  'coalesce(uuid_ms(c.checkpoint_id), ts_ms(c.type, c.checkpoint), epoch_ms(c.checkpoint_id))';
