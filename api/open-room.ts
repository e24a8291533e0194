import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { createLeases, leaseSettings, type Identity, type LeaseDeps, type Leases } from '../leases/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { Providers } from '../providers/configured.ts';
import { createEventLogger } from '../telemetry/logger.ts';
import type { ApiMetrics } from '../telemetry/metrics.ts';
import { createSessionNotifier, type TemporalSessionNotifier } from '../workflows/client.ts';
import { accountLimits, watchBreaker } from './limits.ts';
import { openFiles, type OpenFiles } from './open-files.ts';

/** What there is before the ledger says who we are. */
export interface Foundation {
  readonly config: Config;
  readonly ledger: Ledger;
  /** As they are, without the limits of their accounts. */
  readonly providers: Providers;
  readonly client: Client;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

export interface Room extends OpenFiles {
  readonly leases: Leases;
  readonly notifier: TemporalSessionNotifier;
  readonly identity: Identity;
}

/** Leases and files, once it is known which installation and which account they are of. */
export async function openRoom(foundation: Foundation, identity: Identity): Promise<Room> {
  const { config, ledger, client, metrics, log, providers } = foundation;
  const { accountId, instanceId } = identity;
  const notifier = createSessionNotifier({
    client,
    settings: { instanceId, taskQueue: config.TASK_QUEUE },
    log,
  });
  const limit = accountLimits(foundation);
  watchBreaker(foundation, accountId);
  const deps: LeaseDeps = {
    ledger,
    provider: await limit(providers.store, accountId),
    accountId,
    settings: leaseSettings(config, instanceId),
    notifier,
    meter: metrics.lease,
    uploads: metrics.files,
    log: createEventLogger(log),
  };
  const leases = createLeases(deps);
  metrics.watchCapacity(async () =>
    (await leases.capacity()).find((account) => account.accountId === accountId),
  );
  metrics.watchSweep(() => leases.sweepState());
  return { leases, notifier, identity, ...(await openFiles(foundation, { leases: deps, limit })) };
}
