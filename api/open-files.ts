import { createFiles, fileReading, fileSettings, openFileAccounts, type Files } from '../files/index.ts';
import { createSessionHolder, type LeaseDeps } from '../leases/index.ts';
import type { StoreProvider } from '../providers/port.ts';
import { createFileNotifier, type TemporalFileNotifier } from '../workflows/client.ts';
import type { Foundation } from './open-room.ts';

/** What the leases have opened already: uploads for a session share it. */
export interface Opened {
  readonly leases: LeaseDeps;
  readonly limit: (provider: StoreProvider, accountId: number) => Promise<StoreProvider>;
}

export interface OpenFiles {
  readonly files: Files;
  readonly fileNotifier: TemporalFileNotifier;
}

/** The uploads, and the accounts that they go to. */
export async function openFiles(foundation: Foundation, { leases, limit }: Opened): Promise<OpenFiles> {
  const { config, ledger, client, metrics, log, providers } = foundation;
  const accounts = await openFileAccounts({
    ledger,
    providers: providers.uploads,
    store: leases,
    limit,
    preferred: config.PREFERRED_PROVIDER,
  });
  const settings = fileSettings(config);
  metrics.watchFiles(() => fileReading({ ledger, accounts, settings }));
  const fileNotifier = createFileNotifier({ client, taskQueue: config.TASK_QUEUE, log });
  const files = createFiles({
    ledger,
    accounts,
    settings,
    sessions: createSessionHolder(leases),
    notifier: fileNotifier,
    meter: metrics.files,
    log: leases.log,
  });
  return { files, fileNotifier };
}
