import type { Db } from '../ledger/index.ts';
import { recordedCluster, systemIdentifier } from '../ledger/queries/cluster.ts';
import { pauseDeletions, resumeDeletions } from '../ledger/queries/control-deletions.ts';
import { readPause, type DeletionsPause } from '../ledger/queries/deletions-paused.ts';
import { wakePaused } from '../ledger/queries/drain-paused.ts';
import { wakePausedFiles } from '../ledger/queries/upkeep-paused.ts';

export type { DeletionsPause } from '../ledger/queries/deletions-paused.ts';

/** Leases, or files, woken by one statement: short enough for the ledger's time limit. */
const BATCH = 500;

/**
 * Whether, since when and why nothing may be deleted at the provider. Everything that deletes asks before each
 * pass: a pause is obeyed by every process from its next pass on. An unreachable ledger throws, so that nobody
 * deletes who could not ask.
 */
export async function deletionsPaused(db: Db): Promise<DeletionsPause | undefined> {
  return readPause(db);
}

/** What `npm run deletions -- status` tells. */
export interface DeletionsStatus {
  readonly pause: DeletionsPause | undefined;
  /** False where the ledger was begun on another PostgreSQL cluster; `undefined` where that cannot be told. */
  readonly sameCluster: boolean | undefined;
}

export async function deletionsStatus(db: Db): Promise<DeletionsStatus> {
  const [recorded, present] = [await recordedCluster(db), await systemIdentifier(db)];
  const known = recorded !== undefined && present !== undefined;
  return { pause: await readPause(db), sameCluster: known ? recorded === present : undefined };
}

/** Stops every deletion at the provider until {@link resume}; the pause that is then in force, an earlier one included. */
export async function pause(
  db: Db,
  wish: { readonly by: string; readonly reason: string },
): Promise<DeletionsPause | undefined> {
  await pauseDeletions(db, wish);
  return readPause(db);
}

/** Lifts the pause, takes the present cluster for the ledger's own, and wakes what waited; resolves with how many leases. */
export async function resume(db: Db): Promise<number> {
  await resumeDeletions(db, await systemIdentifier(db));
  const leases = await inBatches((limit) => wakePaused(db, limit));
  await inBatches((limit) => wakePausedFiles(db, limit));
  return leases;
}

async function inBatches(wake: (limit: number) => Promise<number>): Promise<number> {
  let woken = 0;
  for (;;) {
    const batch = await wake(BATCH);
    woken += batch;
    if (batch < BATCH) return woken;
  }
}
