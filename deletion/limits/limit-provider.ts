import { TAG_LEASE } from '../../domain/store-tags.ts';
import { ensureLimits } from '../../ledger/queries/provider-limit.ts';
import type { CallOptions, StoreProvider } from '../../providers/port.ts';
import { createBreaker, type Breaker, type Pass } from './breaker.ts';
import type { LimitDeps } from './deps.ts';
import { NOTHING, outcomeOf, WORKED, type LimitedCall } from './outcome.ts';
import { createTurns } from './turns.ts';

type Kind = Pick<LimitedCall, 'operation' | 'on'>;
const CREATE: Kind = { operation: 'create', on: 'store' };
const READ_STORE: Kind = { operation: 'read', on: 'store' };
const READ_FILE: Kind = { operation: 'read', on: 'file' };
const UPDATE: Kind = { operation: 'update', on: 'store' };
const UPLOAD: Kind = { operation: 'create', on: 'file' };
// Named after the file: neither a store nor a file that is not found is a sign of a wrong account.
const ATTACH: Kind = { operation: 'update', on: 'file' };
const DELETE_STORE: Kind = { operation: 'delete', on: 'store' };
const DELETE_FILE: Kind = { operation: 'delete', on: 'file' };
const LISTING = 'listing';

async function sent<T>(
  breaker: Breaker,
  made: { readonly pass: Pass; readonly call: LimitedCall },
  run: () => Promise<T>,
): Promise<T> {
  try {
    return await run();
  } catch (error) {
    // Waited for: the caller's next call has to meet the breaker that this one opened.
    await breaker.settle(made.pass, made.call, outcomeOf(error, made.call));
    throw error;
  }
}

/** Creates, reads and updates: they heed the breaker, and wait for nothing. */
function createPassing(breaker: Breaker) {
  return async <T>(call: LimitedCall, run: () => Promise<T>): Promise<T> => {
    const pass = await breaker.enter(call);
    const result = await sent(breaker, { pass, call }, run);
    const settled = breaker.settle(pass, call, WORKED);
    // Whoever comes after a probe finds the breaker closed.
    if (pass.probe !== null) await settled;
    return result;
  };
}

/** Deletions wait for their turn besides. The wait comes on top of the call's deadline. */
function createTurnTaking(deps: LimitDeps, breaker: Breaker) {
  const turns = createTurns(deps);
  return async (call: LimitedCall, run: () => Promise<void>): Promise<void> => {
    const turn = await turns.take(call);
    let worked = false;
    try {
      await sent(breaker, { pass: turn, call }, run);
      worked = true;
    } finally {
      // Of a call that worked the returned permit tells, but for a probe: the breaker waits for that one.
      if (worked && turn.probe !== null) await breaker.settle(turn, call, WORKED);
      turns.end(turn, worked);
    }
  };
}

/** A listing is one call, whose first page tells that the provider is there. */
async function* listed<Page>(
  breaker: Breaker,
  call: LimitedCall,
  list: () => AsyncIterable<Page>,
): AsyncGenerator<Page, void> {
  const pass = await breaker.enter(call);
  let outcome = NOTHING;
  try {
    for await (const page of list()) {
      if (outcome === NOTHING) void breaker.settle(pass, call, WORKED);
      outcome = WORKED;
      yield page;
    }
  } catch (error) {
    outcome = outcomeOf(error, call);
    throw error;
  } finally {
    if (outcome !== WORKED) await breaker.settle(pass, call, outcome);
  }
}

interface Gates {
  readonly breaker: Breaker;
  readonly passing: ReturnType<typeof createPassing>;
  readonly inTurn: ReturnType<typeof createTurnTaking>;
}

const of = (kind: Kind, target: string, options: CallOptions): LimitedCall => ({ ...kind, target, options });

function storeCalls(provider: StoreProvider, { breaker, passing, inTurn }: Gates) {
  return {
    createStore: (store, options) =>
      passing(of(CREATE, `create ${store.metadata[TAG_LEASE] ?? ''}`, options), () =>
        provider.createStore(store, options),
      ),
    findStoresByLease: (query, options) =>
      passing(of(READ_STORE, LISTING, options), () => provider.findStoresByLease(query, options)),
    retrieveStore: (id, options) =>
      passing(of(READ_STORE, id, options), () => provider.retrieveStore(id, options)),
    setStoreExpiry: (id, days, options) =>
      passing(of(UPDATE, id, options), () => provider.setStoreExpiry(id, days, options)),
    listStores: (options) =>
      listed(breaker, of(READ_STORE, LISTING, options), () => provider.listStores(options)),
    deleteStore: (id, options) =>
      inTurn(of(DELETE_STORE, id, options), () => provider.deleteStore(id, options)),
    listStoreFiles: (id, options) =>
      // Of a store that went while all stores are looked through: no sign of a wrong account.
      listed(breaker, of(READ_FILE, id, options), () => provider.listStoreFiles(id, options)),
    attachFile: (storeId, fileId, options) =>
      passing(of(ATTACH, `attach ${fileId}`, options), () => provider.attachFile(storeId, fileId, options)),
  } satisfies Partial<StoreProvider>;
}

function fileCalls(provider: StoreProvider, { breaker, passing, inTurn }: Gates) {
  return {
    deleteFile: (id, options) => inTurn(of(DELETE_FILE, id, options), () => provider.deleteFile(id, options)),
    listFiles: (options) =>
      listed(breaker, of(READ_FILE, LISTING, options), () => provider.listFiles(options)),
    retrieveFile: (id, options) =>
      passing(of(READ_FILE, id, options), () => provider.retrieveFile(id, options)),
    uploadFile: (file, options) =>
      passing(of(UPLOAD, `upload ${file.uploadId}`, options), () => provider.uploadFile(file, options)),
    fileContent: (id, options) =>
      listed(breaker, of(READ_FILE, id, options), () => provider.fileContent(id, options)),
  } satisfies Partial<StoreProvider>;
}

/**
 * A provider within the limits of its account, which all processes share through the ledger: so many deletions at
 * once and a second, and none of any call while the breaker is open. What is held back throws {@link HeldBack}.
 */
export async function limitProvider(provider: StoreProvider, deps: LimitDeps): Promise<StoreProvider> {
  await ensureLimits(deps.ledger, deps.accountId, deps.settings.concurrency);
  const breaker = createBreaker(deps);
  const gates = { breaker, passing: createPassing(breaker), inTurn: createTurnTaking(deps, breaker) };
  const { account, offersStores } = provider;
  return { account, offersStores, ...storeCalls(provider, gates), ...fileCalls(provider, gates) };
}
