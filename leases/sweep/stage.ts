import { TAG_INSTANCE, TAG_LEASE, TAG_SESSION } from '../../domain/store-tags.ts';
import { proveAccounts } from '../../ledger/queries/prove-accounts.ts';
import { clearStaged, stageStores, type StagedStore } from '../../ledger/queries/sweep-stage.ts';
import type { ProviderStore } from '../../providers/port.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { runTakenOver, type OpenRun } from './run.ts';

/** 10 000 stores are a hundred pages; below the ten minutes of the activity. */
const LISTING_MS = 300_000;
/** Names and tags are anybody's; the provider's own limit for a value. */
const MAX_TEXT = 512;
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** What the ledger can store of a text that anybody may have written. */
function storable(text: string): string {
  return text.replaceAll('\0', '').slice(0, MAX_TEXT).toWellFormed();
}

function toStaged(store: ProviderStore): StagedStore {
  const { [TAG_INSTANCE]: instance, [TAG_LEASE]: lease, [TAG_SESSION]: session } = store.metadata;
  return {
    storeId: store.id,
    instanceId: instance === undefined ? null : storable(instance),
    leaseId: lease !== undefined && UUID.test(lease) ? lease : null,
    sessionId: session === undefined ? null : storable(session),
    name: storable(store.name),
    status: store.status,
    createdAtMs: store.createdAtMs,
    expiresAtMs: store.expiresAtMs,
    usageBytes: Math.trunc(store.usageBytes),
  };
}

/** A signal that also ends when no page has come for one call's deadline: the listing as a whole has a longer one. */
function stallGuard(signal: AbortSignal, limitMs: number) {
  const stalled = new AbortController();
  const arm = () =>
    setTimeout(() => {
      stalled.abort();
    }, limitMs);
  let timer = arm();
  return {
    signal: AbortSignal.any([signal, stalled.signal]),
    progress: () => {
      clearTimeout(timer);
      timer = arm();
    },
    end: () => {
      clearTimeout(timer);
    },
  };
}

/**
 * Lists the whole account into the ledger, page by page. Whatever of ours an old key had made and this listing
 * shows proves that both keys open the same account.
 *
 * @throws ProviderFailure where the listing did not come to its end.
 */
export async function stageListing(deps: LeaseDeps, run: OpenRun, context: PassContext): Promise<void> {
  await clearStaged(deps.ledger, run.runId);
  const guard = stallGuard(context.signal, deps.settings.providerDeadlineMs);
  try {
    for await (const page of deps.provider.listStores({ deadlineMs: LISTING_MS, signal: guard.signal })) {
      guard.progress();
      context.heartbeat();
      if (!(await stageStores(deps.ledger, run.runId, page.map(toStaged)))) throw runTakenOver();
      await proveAccounts(
        deps.ledger,
        run,
        page.map(({ id }) => id),
      );
      guard.progress();
    }
  } finally {
    guard.end();
  }
  context.signal.throwIfAborted();
}
