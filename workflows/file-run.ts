import { sleep } from '@temporalio/workflow';
import type { FileRunProgress, FileRunReport, MarkedFiles, RetentionWish } from '../activities/contract.ts';
import { fileStep } from './file-steps.ts';
import type { FileRunInput } from './messages.ts';

/** What is not deleted by then is left to the upkeep; a run that waits for longer would hold up the next one. */
const BUDGET_MS = 3_600_000;
/** First pause between two passes; doubles. */
const FIRST_PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 16_000;
/** Sentences of a report. */
const MAX_ERRORS = 100;

type Deleted = Pick<FileRunProgress, 'filesDeleted' | 'bytesFreed'> & { readonly errors: readonly string[] };

/** Passes of the upkeep, until each of the run's files was tried: by this run or, beside it, by the upkeep. */
async function deleteMarked(marked: MarkedFiles, beganAtMs: number): Promise<Deleted> {
  const errors = new Set<string>();
  for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(MAX_PAUSE_MS, 2 * pauseMs)) {
    const pass = await fileStep('settle and delete').upkeepFiles();
    for (const error of pass.errors) errors.add(error);
    const progress = await fileStep('count what is gone').fileRunProgress(marked);
    const over = Date.now() - beganAtMs > BUDGET_MS;
    if (progress.untried === 0 || over) return { ...progress, errors: [...errors].slice(0, MAX_ERRORS) };
    await sleep(pauseMs);
  }
}

/**
 * One run over the uploaded files; scheduled, and started by hand. A dry run unless the input says otherwise: whoever
 * starts it without one only wants to look.
 */
export async function fileRun(input?: FileRunInput | null): Promise<FileRunReport> {
  const kind = input?.kind === 'orphans' ? 'orphans' : 'retention';
  const wish: RetentionWish = { kind, dryRun: input?.dryRun !== false };
  const beganAtMs = Date.now();
  const marked = await fileStep(wish.dryRun ? `count for ${kind}` : `let go of for ${kind}`).markFiles(wish);
  const deleted: Deleted = wish.dryRun
    ? { filesDeleted: 0, bytesFreed: marked.bytes, errors: [] }
    : await deleteMarked(marked, beganAtMs);
  const report: FileRunReport = {
    files_marked: marked.uploads,
    files_deleted: deleted.filesDeleted,
    bytes_freed: deleted.bytesFreed,
    errors: deleted.errors,
    duration: (Date.now() - beganAtMs) / 1000,
  };
  await fileStep('tell of the run').finishFileRun(wish, report);
  return report;
}
