import { ServiceError } from '../domain/errors.ts';
import type { Db } from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';
import { deletionsPaused } from './deletions.ts';

/**
 * The provider as this service may use it: each single delete asks the ledger first and throws `DELETIONS_PAUSED`
 * while deletions are paused. A pass takes minutes, and a pause has to be obeyed within seconds; so whatever makes
 * a delete wait (limits, permits) belongs around this, not inside. One read by key costs nothing beside a request.
 */
export function guardDeletions(provider: StoreProvider, db: Db): StoreProvider {
  const refuseWhilePaused = async (): Promise<void> => {
    if ((await deletionsPaused(db)) !== undefined) throw new ServiceError('DELETIONS_PAUSED');
  };
  return {
    ...provider,
    deleteStore: async (storeId, options) => {
      await refuseWhilePaused();
      await provider.deleteStore(storeId, options);
    },
    deleteFile: async (fileId, options) => {
      await refuseWhilePaused();
      await provider.deleteFile(fileId, options);
    },
  };
}
