import { BACKUP_KINDS } from '../../domain/backup-name.ts';
import type { BackupContext, BackupDeps, BackupOutcome, BackupResult } from './contract.ts';
import { makeBackup } from './make.ts';

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

/** Makes a backup of every kind, one after another. What fails is in `errors`, its reason in the log. Rejects when aborted. */
export async function runBackups(
  deps: BackupDeps,
  { manual }: { readonly manual: boolean },
  context: BackupContext,
): Promise<BackupResult> {
  const outcomes: BackupOutcome[] = [];
  const errors: string[] = [];
  for (const kind of BACKUP_KINDS) {
    try {
      outcomes.push(await makeBackup(deps, { kind, manual }, context));
    } catch {
      context.signal.throwIfAborted();
      errors.push(`The ${kind} backup failed`);
    }
  }
  return backupResult(outcomes, errors);
}
