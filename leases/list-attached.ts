import {
  endAttachedListing,
  recordAttachedPage,
  restartAttachedListing,
  unlistedStores,
  type UnlistedStore,
} from '../ledger/queries/attached-listing.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { StoreFile } from '../providers/port.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { saysMissing, storeIsThere } from '../deletion/listing-check.ts';
import { failed, type Verdict } from '../deletion/proof.ts';

/** A store whose delete fails for longer is listed again: its client may have attached more meanwhile. */
const FRESH_MS = 5 * 60_000;
/** Whole listings within one pass; where no two in a row agree, the next pass comes after a pause. */
const TRIES = 4;

/**
 * Why a store's files are not listed: it may not be deleted yet, or the provider knows no such store. No delete is sent
 * for one that is not there: should it appear in the meantime, its files would be lost sight of.
 */
export type Unlisted = { readonly verdict: Verdict } | { readonly missing: ProviderFailure };

/** One pass over the files of one store. */
interface Look {
  readonly state: DrainState;
  readonly store: UnlistedStore;
  readonly context: PassContext;
  readonly endsAt: number;
}

function keyOf(deps: LeaseDeps, store: UnlistedStore) {
  const { provider, baseUrl } = deps.provider.account;
  return { provider, baseUrl, storeId: store.storeId };
}

/** Files are dated by the provider's clock; so is the lease, by its store. */
async function storeCreatedAtMs(deps: LeaseDeps, { store, context }: Look): Promise<number | null> {
  if (store.createdAtKnown) return null;
  const options = { deadlineMs: deps.settings.providerDeadlineMs, signal: context.signal };
  return (await deps.provider.retrieveStore(store.storeId, options)).createdAtMs;
}

async function record(
  deps: LeaseDeps,
  look: Look,
  step: {
    readonly from: string | null;
    readonly page: readonly StoreFile[];
    readonly madeAtMs: number | null;
  },
): Promise<boolean> {
  return recordAttachedPage(deps.ledger, {
    ...keyOf(deps, look.store),
    leaseId: look.state.leaseId,
    from: step.from,
    fileIds: step.page.map((file) => file.id),
    attachedAtMs: step.page.map((file) => file.attachedAtMs),
    storeCreatedAtMs: step.madeAtMs,
  });
}

/** One whole listing, or the rest of one; each page is in the ledger before the next is asked for. */
async function listOnce(
  deps: LeaseDeps,
  look: Look,
  start: string | null,
): Promise<'agreed' | 'differs' | 'overtaken' | 'out of time'> {
  const { providerDeadlineMs: pageDeadlineMs } = deps.settings;
  const deadlineMs = Math.max(1, look.endsAt - performance.now()) + pageDeadlineMs;
  const { signal } = look.context;
  const options = { after: start ?? undefined, deadlineMs, pageDeadlineMs, signal };
  let from = start;
  for await (const page of deps.provider.listStoreFiles(look.store.storeId, options)) {
    const madeAtMs = from === null ? await storeCreatedAtMs(deps, look) : null;
    if (!(await record(deps, look, { from, page, madeAtMs }))) return 'overtaken';
    from = page.at(-1)?.id ?? from;
    look.context.heartbeat();
    if (performance.now() > look.endsAt) return 'out of time';
  }
  return (await endAttachedListing(deps.ledger, keyOf(deps, look.store), from)) ? 'agreed' : 'differs';
}

const goesOn: Verdict = {
  kind: 'wait',
  waitMs: 1_000,
  waitsFor: "the listing of its store's files",
  firstNotFound: false,
};

function disagreement(storeId: string): Verdict {
  return failed(
    new ProviderFailure(`list_store_files: no two listings of ${storeId} agree`, { kind: 'unavailable' }),
  );
}

async function listUntilAgreed(deps: LeaseDeps, look: Look): Promise<Verdict | undefined> {
  let start = look.store.cursor;
  for (let tries = 0; tries < TRIES; tries += 1) {
    const end = await listOnce(deps, look, start);
    if (end === 'agreed') return undefined;
    if (end !== 'differs') return goesOn;
    start = null;
  }
  return disagreement(look.store.storeId);
}

/** A cursor that is refused would be refused again. */
async function afterFailure(deps: LeaseDeps, look: Look, failure: ProviderFailure): Promise<Unlisted> {
  const { storeId } = look.store;
  const { signal } = look.context;
  if (saysMissing(failure) && !(await storeIsThere(deps, storeId, signal))) return { missing: failure };
  const { status } = failure;
  if (status !== undefined && status >= 400 && status < 500) {
    await restartAttachedListing(deps.ledger, keyOf(deps, look.store));
  }
  return { verdict: failed(failure) };
}

async function list(deps: LeaseDeps, look: Look): Promise<Unlisted | undefined> {
  try {
    const verdict = await listUntilAgreed(deps, look);
    return verdict && { verdict };
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    return afterFailure(deps, look, error).catch((second: unknown) => {
      if (!(second instanceof ProviderFailure)) throw second;
      return { verdict: failed(second) };
    });
  }
}

/**
 * Writes down which files the lease's own stores hold, until two listings agree: once a store is deleted, nobody
 * can tell any more. Resolves with the stores that are not listed, and why. Registered stores are not ours.
 */
export async function listAttached(
  deps: LeaseDeps,
  state: DrainState,
  context: PassContext,
): Promise<ReadonlyMap<string, Unlisted>> {
  const unlisted = new Map<string, Unlisted>();
  if (deps.settings.deleteAttachedFiles !== 'owned' || state.registered) return unlisted;
  const endsAt = performance.now() + deps.settings.passBudgetMs;
  for (const store of await unlistedStores(deps.ledger, state.leaseId, FRESH_MS)) {
    context.signal.throwIfAborted();
    const why = await list(deps, { state, store, context, endsAt });
    if (why !== undefined) unlisted.set(store.storeId, why);
  }
  return unlisted;
}
