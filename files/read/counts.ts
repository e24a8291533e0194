import { fileCounts, lastRetentionMs, type FileCounts } from '../../ledger/queries/files-counts.ts';
import { breakerState } from '../../ledger/queries/provider-limit.ts';
import type { FileDeps } from '../deps.ts';
import { stuckAfterMs } from './stuck-after.ts';

type CountDeps = Pick<FileDeps, 'ledger' | 'accounts' | 'settings'>;

/** How many files and unsettled uploads each provider has, the configured ones among them. */
export function countsOf({ ledger, accounts, settings }: CountDeps): Promise<readonly FileCounts[]> {
  const names = accounts.map(({ name }) => name);
  return fileCounts(ledger, names, stuckAfterMs(settings));
}

/** What the gauges show at one moment: fits `watchFiles` of the api's metrics. */
export async function fileReading(deps: CountDeps) {
  const { ledger, accounts } = deps;
  const breakers: { readonly provider: string; readonly open: boolean }[] = [];
  for (const { name, accountId } of accounts) {
    const state = await breakerState(ledger, accountId);
    breakers.push({ provider: name, open: (state?.reason ?? null) !== null });
  }
  return { counts: await countsOf(deps), breakers, retentionMs: await lastRetentionMs(ledger) };
}
