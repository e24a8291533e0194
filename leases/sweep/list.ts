import type { SweepRun } from '../../activities/contract.ts';
import type { ListedKind } from '../../domain/listed-store.ts';
import { safeErrorText } from '../../domain/redact.ts';
import { markMissing, unmarkMissing } from '../../ledger/queries/mark-missing.ts';
import type { LiveStore } from '../../ledger/queries/missing-stores.ts';
import { forgetUnlisted, promoteListing } from '../../ledger/queries/promote-listing.ts';
import { judgeRun, noteStep } from '../../ledger/queries/sweep-progress.ts';
import { ProviderFailure } from '../../providers/failure.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { missedStores, tooFew, type Doubt } from './judge.ts';
import { openRun, PAGE, pulse, type OpenRun } from './run.ts';
import { stageListing } from './stage.ts';

async function look(
  deps: LeaseDeps,
  run: OpenRun,
  context: PassContext,
): Promise<{ readonly doubt: Doubt } | { readonly missed: readonly LiveStore[] }> {
  try {
    await stageListing(deps, run, context);
    // Read again: the listing may have proven that an old key opens the same account.
    const known = (await openRun(deps, run.runId)) ?? run;
    const doubt = await tooFew(deps, known);
    return doubt === undefined ? await missedStores(deps, known, context) : { doubt };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    context.signal.throwIfAborted();
    return { doubt: { reason: 'error', detail: safeErrorText(error.message) } };
  }
}

/** Makes the staged listing the truth, page by page; safe to repeat. */
async function believe(
  deps: LeaseDeps,
  run: OpenRun,
  missed: readonly LiveStore[],
): Promise<Partial<Record<ListedKind, number>>> {
  const { ledger } = deps;
  const counts: Partial<Record<ListedKind, number>> = {};
  for (let after: string | null = ''; after !== null;) {
    const page = await promoteListing(ledger, run, { after, limit: PAGE });
    for (const [kind, n] of Object.entries(page.byKind) as [ListedKind, number][]) {
      counts[kind] = (counts[kind] ?? 0) + n;
    }
    after = page.last;
  }
  await forgetUnlisted(ledger, run.accountId, run.runId);
  await markMissing(
    ledger,
    run,
    missed.map(({ storeId }) => storeId),
  );
  for (const accountId of run.accounts) await unmarkMissing(ledger, accountId, run.runId);
  return counts;
}

/** A restored ledger has forgotten leases whose stores live: nobody but a person can tell whose they are. */
function alarm(deps: LeaseDeps, run: OpenRun, lost: number): void {
  if (lost === 0) return;
  deps.log.error({ event: 'ledger_lost', run_id: run.runId, stores: lost });
}

/**
 * Lists the account and decides whether the listing is believed; if so, it becomes what the ledger knows of the
 * provider. A provider that fails or contradicts itself makes the run invalid and is no error here.
 */
export async function listStores(
  deps: LeaseDeps,
  { runId }: SweepRun,
  context: PassContext,
): Promise<{ readonly valid: boolean }> {
  const run = await openRun(deps, runId);
  if (run === undefined) return { valid: false };
  // Judged before the answer to Temporal was lost.
  if (run.valid !== null) return { valid: run.valid };
  const looked = await look(deps, run, context);
  if ('doubt' in looked) {
    const { reason, detail } = looked.doubt;
    await judgeRun(deps.ledger, runId, looked.doubt);
    deps.log.warn({ event: 'sweep_invalid', run_id: runId, reason, error: detail });
    return { valid: false };
  }
  await pulse(deps, runId, context);
  const known = (await openRun(deps, runId)) ?? run;
  const kinds = await believe(deps, known, looked.missed);
  const counts = { ...kinds, missing: looked.missed.length };
  await noteStep(deps.ledger, runId, { name: 'listing', counts, actions: [] });
  await judgeRun(deps.ledger, runId, null);
  alarm(deps, run, kinds.ledger_lost ?? 0);
  return { valid: true };
}
