/**
 * `npm run backup:restore -- NAME [--force]`: puts a listed backup back. Exit codes: 0 restored, 1 failed, 2 called
 * wrongly, 3 refused, and nothing was changed.
 */
import { pino } from 'pino';
import { ledgerUrl } from '../config/index.ts';
import { parseBackupName } from '../domain/backup-name.ts';
import { RestoreError, restoreBackup } from '../maintenance/backups/index.ts';
import { maintenanceSettings } from '../maintenance/index.ts';
import { createLogger } from '../telemetry/logger.ts';
import { readArguments } from './arguments.ts';
import { untilStopped } from './job-command.ts';
import { runCommand, UsageError, type CommandContext } from './run-command.ts';

const NAME = 'backup:restore';
const USAGE = `usage: npm run backup:restore -- NAME [--force]
  NAME     of the list (npm run backup:list): a path is none
  --force  replace the conversations' database although others have it open, or may have; they go on with the old one`;
const OPTIONS = { force: { type: 'boolean' } } as const;

const EXIT_REFUSED = 3;

/** The ledger of an hour ago knows nothing of the hour since. */
const NOW_WHAT =
  'before api and worker are started: `npm run deletions -- pause --reason restored`, see "Restoring the ledger from a ' +
  'backup" in docs/operations.md';

const tell = (line: string): void => void process.stderr.write(`${NAME}: ${line}\n`);

async function restore({ config, say }: CommandContext): Promise<number> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  const [filename, ...rest] = positionals;
  if (filename === undefined || rest.length > 0) throw new UsageError(USAGE);
  const settings = maintenanceSettings({ ...config, DATABASE_URL: ledgerUrl(config) }).backups;
  const log = createLogger(config, NAME, pino.destination({ fd: 2, sync: true }));
  const deps = { settings, log, now: () => Date.now() };
  try {
    const wish = { filename, force: values.force ?? false };
    say(JSON.stringify(await restoreBackup(deps, wish, untilStopped())));
  } catch (error) {
    if (!(error instanceof RestoreError)) throw error;
    tell(error.message);
    return EXIT_REFUSED;
  }
  if (parseBackupName(filename)?.kind === 'ledger') tell(NOW_WHAT);
  return 0;
}

await runCommand(NAME, restore);
