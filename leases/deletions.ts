import type { Db } from '../ledger/index.ts';
import { readPause, type DeletionsPause } from '../ledger/queries/deletions-paused.ts';

export type { DeletionsPause } from '../ledger/queries/deletions-paused.ts';

/**
 * Whether, since when and why nothing may be deleted at the provider. Everything that deletes asks before each
 * pass: a pause is obeyed by every process from its next pass on. An unreachable ledger throws, so that nobody
 * deletes who could not ask.
 */
export async function deletionsPaused(db: Db): Promise<DeletionsPause | undefined> {
  return readPause(db);
}
