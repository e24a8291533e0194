import { randomUUID } from 'node:crypto';
import { MAX_SESSION_ID_BYTES, textFault } from '../../domain/session-id.ts';
import type { Ledger } from '../../ledger/index.ts';
import { holdStore } from '../../ledger/queries/hold-store.ts';
import { adoptLease, type NewestListing } from '../../ledger/queries/operator-leases.ts';
import type { StrayStore } from '../../ledger/queries/list-strays.ts';

/** Rolls the transaction back: somebody holds, deletes or has deleted the store. */
class Taken extends Error {}

export interface Adopted {
  readonly storeId: string;
  readonly leaseId: string;
  readonly sessionId: string;
}

function isSessionId(text: string | null): text is string {
  return text !== null && text !== '' && !text.includes('/') && !textFault(text, MAX_SESSION_ID_BYTES);
}

/** Under which lease and session, in the order of preference. The last one is for a second store of one lease. */
function candidates({ leaseId, sessionId }: StrayStore): readonly (readonly [string, string])[] {
  const fresh = randomUUID();
  const tagged = leaseId ?? fresh;
  const own: [string, string][] = isSessionId(sessionId) ? [[tagged, sessionId]] : [];
  return [...own, [tagged, `adopted-${tagged}`], [fresh, `adopted-${fresh}`]];
}

/**
 * Gives a store that the ledger has lost a lease of one TTL: with the lease id of its tag, under its own session
 * where that has no live lease. `undefined` where the store is in somebody's hands already.
 */
export async function adoptStore(
  ledger: Ledger,
  { accountId, provider, baseUrl }: NewestListing,
  { store, leaseMs }: { readonly store: StrayStore; readonly leaseMs: number },
): Promise<Adopted | undefined> {
  const { storeId } = store;
  try {
    return await ledger.transaction(async (db) => {
      for (const [leaseId, sessionId] of candidates(store)) {
        if (!(await adoptLease(db, { leaseId, sessionId, accountId, storeId, leaseMs }))) continue;
        const hold = { provider, baseUrl, storeId, accountId, leaseId, state: 'held' as const };
        if (!(await holdStore(db, hold))) throw new Taken();
        return { storeId, leaseId, sessionId };
      }
      throw new Taken();
    });
  } catch (error) {
    if (error instanceof Taken) return undefined;
    throw error;
  }
}
