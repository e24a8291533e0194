import { ensureAccount, ensureInstallation, type Ledger } from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';

/** Who we are in this ledger. */
export interface Identity {
  readonly instanceId: string;
  readonly accountId: number;
}

/**
 * Records, at start, the installation and the provider's account.
 *
 * @throws TestModeMismatchError when TEST_MODE and real leases would share the ledger.
 */
export async function openInstallation(
  ledger: Ledger,
  provider: StoreProvider,
  instanceId: string | undefined,
): Promise<Identity> {
  const { account } = provider;
  const installation = await ensureInstallation(ledger, { instanceId, testMode: account.testMode });
  return { instanceId: installation.instanceId, accountId: await ensureAccount(ledger, account) };
}
