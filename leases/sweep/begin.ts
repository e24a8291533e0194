import type { SweepRun, SweepWish } from '../../activities/contract.ts';
import { checkWorkflows } from '../../ledger/queries/check-workflows.ts';
import { beginRun, endSilentRun, forgetRuns } from '../../ledger/queries/sweep-begin.ts';
import { noteStep } from '../../ledger/queries/sweep-progress.ts';
import type { LeaseDeps } from '../deps.ts';

/** Beyond the longest call to the provider, which shows no pulse (its deadline, and as much for the ledger). */
const SILENT_MS = 120_000;
/** Runs are history for a week. */
const KEEP_DAYS = 7;
/** The outbox comes back to a row each minute: what is later than two has been missed. */
const UNATTENDED_MS = 120_000;
/** Most sessions told by one sweep; a whole Temporal that was wiped is the minute check's business. */
const MOST_TOLD = 500;

/**
 * Opens a run, unless one of the account is under way or there is nothing to sweep: `null` then. A holder that asks again gets a new run in
 * place of the one it lost sight of. Counts the leases that nobody looks after, and tells their workflows.
 */
export async function beginSweep(deps: LeaseDeps, wish: SweepWish): Promise<SweepRun | null> {
  const { ledger, accountId } = deps;
  if (!deps.provider.offersStores) return null;
  await endSilentRun(ledger, { accountId, holder: wish.holder, silentMs: SILENT_MS });
  const runId = await beginRun(ledger, { accountId, ...wish });
  if (runId === undefined) return null;
  await forgetRuns(ledger, accountId, KEEP_DAYS);
  const counts = { unseen: 0, overdue: 0, stalled: 0 };
  const late = { lateMs: UNATTENDED_MS, graceMs: deps.settings.outageGraceMs };
  for (const { sessionId, finding } of await checkWorkflows(ledger, late, MOST_TOLD)) {
    counts[finding] += 1;
    deps.notifier.changed(sessionId);
  }
  await noteStep(ledger, runId, { name: 'workflows', counts, actions: [] });
  return { runId };
}
