import type { Client } from '@temporalio/client';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { createLeases, leaseSettings, type Identity, type Leases } from '../leases/index.ts';
import type { Ledger } from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';
import { createEventLogger } from '../telemetry/logger.ts';
import type { ApiMetrics } from '../telemetry/metrics.ts';
import { createSessionNotifier, type TemporalSessionNotifier } from '../workflows/client.ts';
import { withinLimits } from './limits.ts';

/** What there is before the ledger says who we are. */
export interface Foundation {
  readonly config: Config;
  readonly ledger: Ledger;
  /** As it is, without the limits of the account. */
  readonly provider: StoreProvider;
  readonly client: Client;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

export interface Room {
  readonly leases: Leases;
  readonly notifier: TemporalSessionNotifier;
  readonly identity: Identity;
}

/** The leases, once it is known which installation and which account they are of. */
export async function openRoom(foundation: Foundation, identity: Identity): Promise<Room> {
  const { config, ledger, client, metrics, log } = foundation;
  const { accountId, instanceId } = identity;
  const notifier = createSessionNotifier({
    client,
    settings: { instanceId, taskQueue: config.TASK_QUEUE },
    log,
  });
  const leases = createLeases({
    ledger,
    provider: await withinLimits(foundation.provider, { ledger, accountId, config, metrics, log }),
    accountId,
    settings: leaseSettings(config, instanceId),
    notifier,
    meter: metrics.lease,
    uploads: metrics.files,
    log: createEventLogger(log),
  });
  metrics.watchCapacity(async () =>
    (await leases.capacity()).find((account) => account.accountId === accountId),
  );
  metrics.watchSweep(() => leases.sweepState());
  return { leases, notifier, identity };
}
