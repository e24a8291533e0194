import type { BackupOutcome, BackupResult } from './contract.ts';

/** What several outcomes come to; `errors` of kinds that failed. */
export function backupResult(
  outcomes: readonly BackupOutcome[],
  errors: readonly string[] = [],
): BackupResult {
  return {
    backups: outcomes.flatMap((outcome) => ('backup' in outcome ? [outcome.backup] : [])),
    removed: outcomes.flatMap((outcome) => ('backup' in outcome ? outcome.removed : [])),
    skipped: outcomes.flatMap((outcome) =>
      'skipped' in outcome ? [{ kind: outcome.kind, reason: outcome.skipped }] : [],
    ),
    errors,
  };
}
