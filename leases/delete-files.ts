import pLimit from 'p-limit';
import type { DrainOutcome } from '../activities/contract.ts';
import { drainProgress } from '../ledger/queries/drain-progress.ts';
import { drainState } from '../ledger/queries/drain-state.ts';
import { fileDeleted } from '../ledger/queries/file-deleted.ts';
import { fileNotFound } from '../ledger/queries/file-not-found.ts';
import { lockLeaseFiles } from '../ledger/queries/lock-lease-files.ts';
import { markFiles, type DoomedFile } from '../ledger/queries/mark-files.ts';
import type { PassContext } from './contract.ts';
import type { LeaseDeps } from './deps.ts';
import { deletionsPaused } from './deletions.ts';
import { obstacleOf, recordObstacle, recordPause, recordRecovery } from './pass-result.ts';
import { attempt, type Verdict } from './proof.ts';

/** Files marked by one transaction: short enough for the ledger's time limit. */
const PAGE = 200;

/** Two statements: the second begins after the locks are held, so it sees every holder that got in before. */
async function nextFiles(
  deps: LeaseDeps,
  leaseId: string,
  afterFileId: string,
): Promise<readonly DoomedFile[]> {
  return deps.ledger.transaction(async (db) => {
    const keys = await lockLeaseFiles(db, leaseId, { afterFileId, limit: PAGE });
    return keys.length === 0 ? [] : markFiles(db, keys);
  });
}

async function deleteOne(deps: LeaseDeps, file: DoomedFile, context: PassContext): Promise<Verdict> {
  const { providerDeadlineMs: deadlineMs } = deps.settings;
  const { signal } = context;
  const run = async () => deps.provider.deleteFile(file.fileId, { deadlineMs, signal });
  const verdict = await attempt(deps, file, { signal, run, thing: { kind: 'file', id: file.fileId } });
  if (verdict.kind === 'gone') await fileDeleted(deps.ledger, file.fileKey);
  if (verdict.kind === 'wait' && verdict.firstNotFound) await fileNotFound(deps.ledger, file.fileKey);
  context.heartbeat();
  return verdict;
}

/**
 * One pass over the files of a draining lease: marks and deletes those that no live lease holds. A file that
 * fails holds back no other. `closed` = no file is left to this lease; `waitMs` 0 = the budget ran out first.
 */
export async function deleteFiles(
  deps: LeaseDeps,
  leaseId: string,
  context: PassContext,
): Promise<DrainOutcome> {
  const state = await drainState(deps.ledger, leaseId);
  if (state?.state !== 'draining') return { closed: true, waitMs: 0 };
  if ((await deletionsPaused(deps.ledger)) !== undefined) return recordPause(deps, state);
  const budgetEnds = performance.now() + deps.settings.passBudgetMs;
  const limit = pLimit(deps.settings.fileConcurrency);
  const obstacles: Verdict[] = [];
  let afterFileId = '';
  for (;;) {
    context.signal.throwIfAborted();
    const files = await nextFiles(deps, leaseId, afterFileId);
    const last = files.at(-1);
    if (last === undefined) break;
    if (performance.now() > budgetEnds) return { closed: false, waitMs: 0 };
    const marked = files.filter((file) => file.marked);
    const verdicts = await Promise.all(marked.map((file) => limit(deleteOne, deps, file, context)));
    obstacles.push(...verdicts.filter((verdict) => verdict.kind !== 'gone'));
    if (verdicts.some((verdict) => verdict.kind === 'paused')) break;
    await drainProgress(deps.ledger, leaseId);
    afterFileId = last.fileId;
  }
  const pass = { part: 'files', state } as const;
  if (obstacles.length > 0) return recordObstacle(deps, pass, obstacleOf(obstacles));
  await recordRecovery(deps, pass);
  return { closed: true, waitMs: 0 };
}
