import type {
  FileRunProgress,
  FileRunReport,
  MarkedFiles,
  RetentionWish,
} from '../../activities/contract.ts';
import { recordJob } from '../../ledger/queries/job-record.ts';
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

/** What `GET /jobs` calls them. */
const JOB_OF = { retention: 'files-retention', orphans: 'files-orphans-cleanup' } as const;

/** A dry run is told of as well, and does not count as one. */
export async function finishRun(
  { ledger, log }: UpkeepDeps,
  wish: RetentionWish,
  report: FileRunReport,
): Promise<void> {
  if (!wish.dryRun) await recordFileRun(ledger, wish.kind);
  await recordJob(ledger, {
    job: JOB_OF[wish.kind],
    dryRun: wish.dryRun,
    tookMs: report.duration * 1_000,
    ending: { result: report, succeeded: true },
  });
  log.info({
    event: 'files_cleanup_finished',
    kind: wish.kind,
    dry_run: wish.dryRun,
    ...report,
    errors: report.errors.length,
  });
}
