import { PROVIDER_NAMES } from '../../domain/providers.ts';
import { liveBytes, uploadSums } from '../../ledger/queries/files-stats.ts';
import type { ProviderFileStats } from '../contract.ts';
import type { FileDeps } from '../deps.ts';
import { countsOf } from './counts.ts';

/** Of each configured provider, and of every other one that has anything, in the order of {@link PROVIDER_NAMES}. */
export async function fileStats(deps: FileDeps): Promise<readonly ProviderFileStats[]> {
  const { ledger } = deps;
  // One after the other: together they would take three of the few connections that uploads and leases need.
  const counts = await countsOf(deps);
  const sums = await uploadSums(ledger);
  const held = await liveBytes(ledger);
  const known = new Set([...counts, ...sums].map(({ provider }) => provider));
  const of = <T extends { readonly provider: string }>(rows: readonly T[], name: string) =>
    rows.find(({ provider }) => provider === name);
  return PROVIDER_NAMES.filter((name) => known.has(name)).map((provider) => {
    const { files = 0, bytes = 0 } = of(held, provider) ?? {};
    const { uploads = 0, dedupeHits = 0, bytesSaved = 0, failed = 0 } = of(sums, provider) ?? {};
    const { deleting = 0, stuck = 0, settlingStuck = 0 } = of(counts, provider) ?? {};
    const state = { failed, deleting, stuck: stuck + settlingStuck };
    return { provider, liveFiles: files, liveBytes: bytes, uploads, dedupeHits, bytesSaved, ...state };
  });
}
