import { accountsOf } from '../ledger/queries/prove-accounts.ts';
import { expectedFiles } from '../ledger/queries/upkeep-account-files.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { ProviderFile } from '../providers/port.ts';
import type { ProofDeps } from './deps.ts';
import { saysMissing } from './listing-check.ts';

/** Files that a listing is expected to show: enough to catch one that is empty or cut short. */
const MAX_EXPECTED = 20;

/** Whether the provider shows the file when asked for it by its id. */
export async function fileIsThere(deps: ProofDeps, fileId: string, signal: AbortSignal): Promise<boolean> {
  try {
    await deps.provider.retrieveFile(fileId, { deadlineMs: deps.settings.providerDeadlineMs, signal });
    return true;
  } catch (error) {
    if (saysMissing(error)) return false;
    throw error;
  }
}

/**
 * Every file of the account, page by page. A listing may be empty although there are files (openai-python#2209): after
 * the last page those that it ought to have shown, which we uploaded and somebody holds, are asked for by their ids.
 *
 * @throws ProviderFailure `unavailable`, after the last page, where the listing leaves out what exists.
 */
export async function* completeFileListing(
  deps: ProofDeps,
  signal: AbortSignal,
): AsyncGenerator<readonly ProviderFile[], void> {
  const accounts = await accountsOf(deps.ledger, deps.accountId);
  const expected = new Set(await expectedFiles(deps.ledger, accounts, MAX_EXPECTED));
  const { listingDeadlineMs: deadlineMs } = deps.settings;
  for await (const page of deps.provider.listFiles({ deadlineMs, signal })) {
    for (const { id } of page) expected.delete(id);
    yield page;
  }
  for (const fileId of expected) {
    if (!(await fileIsThere(deps, fileId, signal))) continue;
    throw new ProviderFailure(`list_files: the listing leaves out ${fileId}, which exists`, {
      kind: 'unavailable',
    });
  }
}
