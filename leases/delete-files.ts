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
import { deletionsPaused } from '../deletion/deletions.ts';
import { obstacleOf, recordObstacle, recordPause, recordRecovery } from './pass-result.ts';
import { attempt, type Verdict } from '../deletion/proof.ts';

/** Files marked by one transaction: short enough for the ledger's time limit. */
const PAGE = 200;
/** Stores go before files: a storm of deadlines may take that long to pass. */
const LONGEST_PATIENCE_MS = 60_000;

/** Two statements: the second begins after the locks are held, so it sees every holder that got in before. */
async function nextFiles(
  deps: LeaseDeps,
  leaseId: string,
  afterFileId: string,
): Promise<readonly DoomedFile[]> {
  return deps.ledger.transaction(async (db) => {
    const files = await lockLeaseFiles(db, leaseId, { afterFileId, limit: PAGE });
    const keys = files.map((file) => file.fileKey);
    return keys.length === 0 ? [] : markFiles(db, keys);
  });
}

async function recordGone(deps: LeaseDeps, file: DoomedFile): Promise<void> {
  const upload = await fileDeleted(deps.ledger, file.fileKey);
  if (upload !== undefined) deps.uploads.deleted(upload.provider, upload.reason);
}

/** A pass as its files see it. */
interface FilePass {
  readonly context: PassContext;
  /** Monotonic milliseconds after which none is begun. */
  readonly endsAt: number;
  /** Nothing may be sent now: what has not begun is left to the next pass. */
  stopped: boolean;
}

/** Undefined: left to the next pass. */
async function deleteOne(deps: LeaseDeps, file: DoomedFile, pass: FilePass): Promise<Verdict | undefined> {
  const { signal, heartbeat } = pass.context;
  // As long as the pass has time, its files wait for their turn: together they advance.
  const patienceMs = Math.min(LONGEST_PATIENCE_MS, pass.endsAt - performance.now());
  if (pass.stopped || patienceMs <= 0) return undefined;
  const options = { deadlineMs: deps.settings.providerDeadlineMs, signal, patienceMs };
  const run = async () => deps.provider.deleteFile(file.fileId, options);
  const verdict = await attempt(deps, file, { signal, run, thing: { kind: 'file', id: file.fileId } });
  if (verdict.kind === 'gone') await recordGone(deps, file);
  if (verdict.kind === 'wait' && verdict.firstNotFound) await fileNotFound(deps.ledger, file.fileKey);
  if (verdict.kind === 'paused' || verdict.kind === 'held_back') pass.stopped = true;
  heartbeat();
  return verdict;
}

/**
 * One pass over the files of a draining lease: marks and deletes those that nobody else holds. A file that
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
  const endsAt = performance.now() + deps.settings.passBudgetMs;
  const filePass: FilePass = { context, endsAt, stopped: false };
  const limit = pLimit(deps.settings.fileConcurrency);
  const obstacles: Verdict[] = [];
  let afterFileId = '';
  for (;;) {
    context.signal.throwIfAborted();
    const files = await nextFiles(deps, leaseId, afterFileId);
    const last = files.at(-1);
    if (last === undefined) break;
    if (performance.now() > endsAt) return { closed: false, waitMs: 0 };
    const marked = files.filter((file) => file.marked);
    const verdicts = await Promise.all(marked.map((file) => limit(deleteOne, deps, file, filePass)));
    obstacles.push(...verdicts.filter((verdict) => verdict !== undefined && verdict.kind !== 'gone'));
    if (filePass.stopped) break;
    if (verdicts.includes(undefined)) return { closed: false, waitMs: 0 };
    await drainProgress(deps.ledger, leaseId);
    afterFileId = last.fileId;
  }
  const pass = { part: 'files', state } as const;
  if (obstacles.length > 0) return recordObstacle(deps, pass, obstacleOf(obstacles));
  await recordRecovery(deps, pass);
  return { closed: true, waitMs: 0 };
}
