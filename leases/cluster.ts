import type { Logger } from 'pino';
import { writeNotice, type Db } from '../ledger/index.ts';
import { compareCluster, systemIdentifier } from '../ledger/queries/cluster.ts';

const SUSPENSION = { by: 'loiter-killer', reason: 'another cluster' };

/**
 * Suspends deletions where the ledger finds itself on another PostgreSQL cluster than the one it was begun on: a
 * copy, made for staging, with the same key would delete what the original has in use. At start and each minute.
 */
export async function checkCluster(db: Db, log: Logger): Promise<void> {
  const identifier = await systemIdentifier(db);
  if (identifier === undefined) {
    const detail =
      'PostgreSQL does not tell its system identifier: a copy of this ledger on another cluster would not be noticed';
    await writeNotice(db, { kind: 'cluster_unknown', detail });
    return;
  }
  if (await compareCluster(db, identifier, SUSPENSION)) {
    log.error(
      { event: 'deletions_paused', ...SUSPENSION },
      'this ledger is on another PostgreSQL cluster: nothing is deleted until `npm run deletions -- resume`',
    );
  }
}
