/**
 * `npm run aged-files [-- --dry-run]`: deletes aged files, now and on this machine. Exit codes: 0 done, 1 failed, 2 called
 * wrongly, nothing is configured, or the directory is refused.
 */
import { readArguments } from './arguments.ts';
import { runJobCommand, type JobContext } from './job-command.ts';
import { UsageError } from './run-command.ts';

const USAGE = `usage: npm run aged-files [-- --dry-run]
  --dry-run  only count what would be deleted`;

const OPTIONS = { 'dry-run': { type: 'boolean' } } as const;

async function run({ keeper, pass }: JobContext): Promise<object> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  if (positionals.length > 0) throw new UsageError(USAGE);
  return keeper.cleanAgedFiles({ dryRun: values['dry-run'] ?? false }, pass);
}

await runJobCommand('aged-files', run);
