/**
 * `npm run backup`: makes a backup of each kind, now and on this machine. Exit codes: 0 made, 1 one of them failed, 2
 * called wrongly.
 */
import { BACKUP_KINDS, type BackupKind } from '../domain/backup-name.ts';
import type { BackupOutcome, BackupResult } from '../maintenance/backups/index.ts';
import { readArguments } from './arguments.ts';
import { runJobCommand, type JobContext } from './job-command.ts';
import { UsageError } from './run-command.ts';

const USAGE = 'usage: npm run backup';

/** One that cannot be made does not keep the other from it; its reason is in the log. */
async function run({ keeper, pass }: JobContext): Promise<BackupResult> {
  if (readArguments(USAGE, {}).positionals.length > 0) throw new UsageError(USAGE);
  const begunAt = performance.now();
  const outcomes: BackupOutcome[] = [];
  const failed: BackupKind[] = [];
  for (const kind of BACKUP_KINDS) {
    try {
      outcomes.push(await keeper.makeBackup({ kind, manual: true }, pass));
    } catch {
      pass.signal.throwIfAborted();
      failed.push(kind);
    }
  }
  return keeper.finishBackups({ outcomes, failed, seconds: (performance.now() - begunAt) / 1_000 });
}

await runJobCommand('backup', run, ({ errors }) => errors.length === 0);
