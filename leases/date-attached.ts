import pLimit from 'p-limit';
import {
  attachedGone,
  attachedNotFound,
  dateFile,
  undatedFiles,
  type FoundFile,
} from '../ledger/queries/attached-files.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { afterDenial, type Verdict } from '../deletion/proof.ts';

/** Files asked for between two reads of the ledger. */
const PAGE = 200;

async function dateOne(
  deps: LeaseDeps,
  { leaseId, accountId }: DrainState,
  { file, context }: { readonly file: FoundFile; readonly context: PassContext },
): Promise<Verdict | undefined> {
  const { signal } = context;
  const { fileId, ageMs, notFoundForMs } = file;
  try {
    const options = { deadlineMs: deps.settings.providerDeadlineMs, signal };
    const { createdAtMs } = await deps.provider.retrieveFile(fileId, options);
    await dateFile(deps.ledger, { leaseId, fileId, createdAtMs });
    return undefined;
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    const target = { accountId, ageMs, notFoundForMs };
    const verdict = await afterDenial(deps, { target, thing: { kind: 'file', id: fileId }, signal }, error);
    if (verdict.kind === 'gone') await attachedGone(deps.ledger, leaseId, fileId);
    if (verdict.kind === 'wait' && verdict.firstNotFound)
      await attachedNotFound(deps.ledger, leaseId, fileId);
    return verdict.kind === 'gone' ? undefined : verdict;
  } finally {
    context.heartbeat();
  }
}

/** Asks when each file that was found in the lease's stores was made; resolves with what stands in the way. */
export async function dateAttached(
  deps: LeaseDeps,
  state: DrainState,
  context: PassContext,
): Promise<readonly Verdict[]> {
  const endsAt = performance.now() + deps.settings.passBudgetMs;
  const limit = pLimit(deps.settings.fileConcurrency);
  const { leaseId } = state;
  const { accountId } = deps;
  const obstacles: Verdict[] = [];
  let afterFileId = '';
  while (performance.now() < endsAt) {
    context.signal.throwIfAborted();
    const files = await undatedFiles(deps.ledger, { leaseId, accountId, afterFileId, limit: PAGE });
    const last = files.at(-1);
    if (last === undefined) break;
    const verdicts = await Promise.all(files.map((file) => limit(dateOne, deps, state, { file, context })));
    obstacles.push(...verdicts.filter((verdict) => verdict !== undefined));
    afterFileId = last.fileId;
  }
  return obstacles;
}
