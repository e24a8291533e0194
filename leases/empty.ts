import type { Lease } from '../domain/lease.ts';
import { ServiceError } from '../domain/errors.ts';
import type { Db } from '../ledger/index.ts';
import { leasesLeft, type LeasesLeft } from '../ledger/queries/leases-left.ts';
import { listLeases } from '../ledger/queries/list-leases.ts';
import { releaseLeases, type ReleaseWish } from '../ledger/queries/release-leases.ts';
import { deletionsPaused } from '../deletion/deletions.ts';

export type { LeasesLeft } from '../ledger/queries/leases-left.ts';
export type { ReleaseWish } from '../ledger/queries/release-leases.ts';

/** Rows of one statement: short enough for the ledger's time limit. */
const BATCH = 500;

/**
 * Releases the installation's leases, for who leaves; resolves with how many. The outbox of a worker finds them.
 *
 * @throws ServiceError `DELETIONS_PAUSED`: nothing would become of it.
 */
export async function releaseAll(db: Db, wish: ReleaseWish): Promise<number> {
  await refuseWhilePaused(db);
  let released = 0;
  for (;;) {
    const batch = await releaseLeases(db, wish, BATCH);
    released += batch;
    if (batch < BATCH) return released;
  }
}

/** How far it is. Throws as {@link releaseAll} does, so that nobody waits for what cannot come. */
export async function howFar(db: Db): Promise<LeasesLeft> {
  await refuseWhilePaused(db);
  return leasesLeft(db);
}

/** Every lease that is not proven gone, live ones without a deadline left out. */
export async function theRest(db: Db): Promise<readonly Lease[]> {
  const rest: Lease[] = [];
  for (const state of ['draining', 'active', 'provisioning'] as const) {
    let after: Parameters<typeof listLeases>[1]['after'] = null;
    do {
      const page = await listLeases(db, { state, stuck: null, abandoned: null, after, limit: BATCH });
      rest.push(...page.map((row) => row.lease).filter((lease) => state === 'draining' || !lease.protected));
      after = page.length < BATCH ? null : (page.at(-1)?.position ?? null);
    } while (after !== null);
  }
  return rest;
}

async function refuseWhilePaused(db: Db): Promise<void> {
  const pause = await deletionsPaused(db);
  if (pause === undefined) return;
  const detail = `deletions are paused since ${pause.since} by ${pause.by}: ${pause.reason}`;
  throw new ServiceError('DELETIONS_PAUSED', { detail });
}
