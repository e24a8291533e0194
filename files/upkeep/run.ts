import type {
  FileRunProgress,
  FileRunReport,
  MarkedFiles,
  RetentionWish,
} from '../../activities/contract.ts';
import { FROM_THE_START, type RetentionRow } from '../../ledger/queries/retention-select.ts';
import { letGoSince, recordFileRun } from '../../ledger/queries/upkeep-run.ts';
import type { UpkeepDeps } from './deps.ts';

/** Uploads read by one statement. */
const PAGE = 5_000;

/** Reads what was let go of since the run began, and what became of its files. */
export async function runProgress(
  { ledger }: UpkeepDeps,
  { startedAt }: MarkedFiles,
): Promise<FileRunProgress> {
  const sum = { filesDeleted: 0, bytesFreed: 0, untried: 0 };
  let after: RetentionRow['position'] | null = { ...FROM_THE_START, at: startedAt };
  while (after !== null) {
    const page = await letGoSince(ledger, { after, limit: PAGE });
    sum.filesDeleted += page.gone;
    sum.bytesFreed += page.bytes;
    sum.untried += page.untried;
    after = page.next;
  }
  return sum;
}

/** A dry run is told of as well, and recorded nowhere. */
export async function finishRun(
  { ledger, log }: UpkeepDeps,
  wish: RetentionWish,
  report: FileRunReport,
): Promise<void> {
  if (!wish.dryRun) await recordFileRun(ledger, wish.kind);
  log.info({
    event: 'files_cleanup_finished',
    kind: wish.kind,
    dry_run: wish.dryRun,
    ...report,
    errors: report.errors.length,
  });
}
