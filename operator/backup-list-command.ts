/** `npm run backup:list`: the backups in `BACKUP_DIR`, newest first. Exit codes: 0 listed, 1 failed, 2 called wrongly. */
import { listBackups } from '../maintenance/backups/index.ts';
import { maintenanceSettings } from '../maintenance/index.ts';
import { readArguments } from './arguments.ts';
import { runCommand, UsageError, type CommandContext } from './run-command.ts';

const USAGE = 'usage: npm run backup:list';

async function list({ config, say }: CommandContext): Promise<number> {
  if (readArguments(USAGE, {}).positionals.length > 0) throw new UsageError(USAGE);
  say(JSON.stringify(await listBackups(maintenanceSettings(config).backups.directory), null, 2));
  return 0;
}

await runCommand('backup:list', list);
