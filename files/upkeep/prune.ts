import { pruneUploads as pruneStatement } from '../../ledger/queries/retention-prune.ts';
import type { UpkeepDeps } from './deps.ts';

/** Uploads forgotten by one statement. */
const BATCH = 1_000;

/** Forgets uploads let go of, and proven gone, for longer than the audit retention; returns how many. */
export async function pruneUploads({ ledger, settings }: UpkeepDeps): Promise<number> {
  let pruned = 0;
  for (;;) {
    const batch = await pruneStatement(ledger, settings.auditRetentionDays, BATCH);
    pruned += batch;
    if (batch < BATCH) return pruned;
  }
}
