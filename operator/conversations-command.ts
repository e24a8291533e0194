/**
 * `npm run conversations [-- --dry-run] [--retention-days N]`: removes conversations past retention, now. Exit codes:
 * 0 done, 1 failed or the database refused, 2 called wrongly or nothing is configured.
 */
import { isRetentionDays, MAX_RETENTION_DAYS } from '../domain/retention-days.ts';
import { readArguments } from './arguments.ts';
import { runJobCommand, type JobContext } from './job-command.ts';
import { UsageError } from './run-command.ts';

const USAGE = `usage: npm run conversations [-- --dry-run] [--retention-days N]
  --dry-run         only count what would be removed
  --retention-days  in place of CONVERSATION_RETENTION_DAYS, for this run`;

const OPTIONS = { 'dry-run': { type: 'boolean' }, 'retention-days': { type: 'string' } } as const;

/** Nothing is no number: `--retention-days=` is a mistake, and never the setting. */
function retentionDays(text: string): number {
  const days = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (isRetentionDays(days)) return days;
  throw new UsageError(`--retention-days has to be a whole number from 1 to ${MAX_RETENTION_DAYS}\n${USAGE}`);
}

async function run({ keeper, pass }: JobContext): Promise<object> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  if (positionals.length > 0) throw new UsageError(USAGE);
  const { 'dry-run': dryRun = false, 'retention-days': days } = values;
  const wish = days === undefined ? { dryRun } : { dryRun, retentionDays: retentionDays(days) };
  return keeper.cleanConversations(wish, { ...pass, progress: undefined });
}

await runJobCommand('conversations', run);
