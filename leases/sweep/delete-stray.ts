import { safeErrorText } from '../../domain/redact.ts';
import { storeDeleted } from '../../ledger/queries/store-deleted.ts';
import { storeNotFound } from '../../ledger/queries/store-not-found.ts';
import { storeDeleteFailed, type UnattendedStore } from '../../ledger/queries/unattended-stores.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';
import { attempt } from '../../deletion/proof.ts';

/** What of a recorded reason goes into metrics: the word before its colon. */
function wordOf(reason: string | null): string {
  return reason?.split(':')[0] ?? 'left_behind';
}

/** One try at a tombstone that no drain looks after. What fails stays listed and is tried by the next sweep. */
export async function deleteStray(
  deps: LeaseDeps,
  store: UnattendedStore,
  context: PassContext,
): Promise<'deleted' | 'delete_failed' | 'delete_waits' | 'held_back' | 'paused'> {
  const { provider, baseUrl } = deps.provider.account;
  const { storeId, leaseId, sessionId, reason } = store;
  const key = { provider, baseUrl, storeId };
  const { signal } = context;
  const run = () =>
    deps.provider.deleteStore(storeId, { deadlineMs: deps.settings.providerDeadlineMs, signal });
  const verdict = await attempt(deps, store, { signal, run, thing: { kind: 'store', id: storeId } });
  context.heartbeat();
  const fields = { session_id: sessionId, lease_id: leaseId, vector_store_id: storeId, reason };
  switch (verdict.kind) {
    case 'gone':
      await storeDeleted(deps.ledger, key);
      deps.meter.strayDeleted(wordOf(reason));
      deps.log.warn({ event: 'orphan_deleted', ...fields });
      return 'deleted';
    case 'wait':
      if (verdict.firstNotFound) await storeNotFound(deps.ledger, key);
      return 'delete_waits';
    case 'failed': {
      const error = safeErrorText(verdict.message);
      await storeDeleteFailed(deps.ledger, key, error);
      deps.log.warn({ event: 'orphan_delete_failed', ...fields, error });
      return 'delete_failed';
    }
    case 'held_back':
    case 'paused':
      return verdict.kind;
  }
}
