import type { ProviderName } from '../domain/providers.ts';
import { ensureAccount, type Ledger } from '../ledger/index.ts';
import type { ConfiguredProvider } from '../providers/configured.ts';
import type { StoreProvider } from '../providers/port.ts';
import type { FileAccount } from './deps.ts';

export interface AccountsOptions {
  readonly ledger: Ledger;
  readonly providers: readonly ConfiguredProvider[];
  /** The account that leases use: its provider is within its limits already, and is not opened twice. */
  readonly store: { readonly accountId: number; readonly provider: StoreProvider };
  /** Puts a provider within the limits of its account. */
  readonly limit: (provider: StoreProvider, accountId: number) => Promise<StoreProvider>;
  readonly preferred: ProviderName | undefined;
}

async function open(options: AccountsOptions, configured: ConfiguredProvider): Promise<FileAccount> {
  const { name, provider, limits } = configured;
  const accountId = await ensureAccount(options.ledger, provider.account);
  const isStore = accountId === options.store.accountId;
  const limited = isStore ? options.store.provider : await options.limit(provider, accountId);
  return { name, provider: limited, accountId, limits };
}

/** The accounts that files can be uploaded to, each with its row in the ledger; the preferred one first. */
export async function openFileAccounts(options: AccountsOptions): Promise<readonly FileAccount[]> {
  const accounts = await Promise.all(options.providers.map((configured) => open(options, configured)));
  return accounts.toSorted(
    (one, other) => Number(other.name === options.preferred) - Number(one.name === options.preferred),
  );
}
