import { recordJob } from '../ledger/queries/job-record.ts';
import { pruneHistory as pruneStatement } from '../ledger/queries/prune-history.ts';
import type { LeaseDeps } from './deps.ts';

/** Leases forgotten by one transaction. */
const BATCH = 200;

/** Forgets leases closed for longer than the audit retention; returns how many. */
export async function pruneHistory(deps: LeaseDeps): Promise<number> {
  const begin = performance.now();
  let pruned = 0;
  for (;;) {
    const batch = await deps.ledger.transaction(async (db) =>
      pruneStatement(db, deps.settings.auditRetentionDays, BATCH),
    );
    pruned += batch;
    if (batch === 0) break;
  }
  const ending = { result: { leases_pruned: pruned }, succeeded: true };
  const tookMs = performance.now() - begin;
  await recordJob(deps.ledger, { job: 'prune-history', dryRun: false, tookMs, ending });
  return pruned;
}
