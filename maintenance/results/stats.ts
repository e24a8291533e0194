import type { Ledger } from '../../ledger/index.ts';
import { resultsTotals } from '../../ledger/queries/results-totals.ts';
import { resolveDirectory } from '../directories.ts';
import type { ResultsStats } from './contract.ts';
import type { ResultsSettings } from './deps.ts';

const BYTES_OF_A_MEGABYTE = 1_048_576;

export interface ResultsSchedule {
  readonly running: boolean;
  readonly intervalHours: number;
}

/** The totals over all runs of the configured directory; zeros where the job is off or its directory refused. */
export async function resultsStats(
  ledger: Ledger,
  settings: ResultsSettings | undefined,
  { running, intervalHours }: ResultsSchedule,
): Promise<ResultsStats> {
  const resolved = settings && (await resolveDirectory(settings.directory, settings.guarded));
  const path = resolved === undefined || resolved.kind === 'refused' ? undefined : resolved.path;
  const none = { cleanups: 0, deleted: 0, freedBytes: 0, errors: 0 };
  const totals = path === undefined ? none : await resultsTotals(ledger, path, settings?.directory);
  return {
    running: running && path !== undefined,
    check_interval_hours: intervalHours,
    total_cleanups: totals.cleanups,
    total_deleted: totals.deleted,
    total_freed_bytes: totals.freedBytes,
    total_freed_mb: Math.round((totals.freedBytes / BYTES_OF_A_MEGABYTE) * 100) / 100,
    total_errors: totals.errors,
    cache_directory: path ?? null,
  };
}
