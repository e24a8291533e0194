/**
 * `npm run results [-- --dry-run]`: deletes expired cached results, now and on this machine. Exit codes: 0 done, 1 failed
 * or running already, 2 called wrongly, nothing is configured, or the directory is refused.
 */
import { randomUUID } from 'node:crypto';
import { safeErrorText } from '../domain/redact.ts';
import { toReport } from '../maintenance/index.ts';
import { readArguments } from './arguments.ts';
import { runJobCommand, type JobContext } from './job-command.ts';
import { UsageError } from './run-command.ts';

const USAGE = `usage: npm run results [-- --dry-run]
  --dry-run  only count what would be deleted`;

const OPTIONS = { 'dry-run': { type: 'boolean' } } as const;

async function run({ keeper, pass, warn }: JobContext): Promise<object> {
  const { values, positionals } = readArguments(USAGE, OPTIONS);
  if (positionals.length > 0) throw new UsageError(USAGE);
  const dryRun = values['dry-run'] ?? false;
  const result = await keeper.cleanResults({ runId: `operator-${randomUUID()}`, dryRun }, pass);
  if (!dryRun) {
    try {
      await keeper.reportResults(toReport(result, Date.now()), pass);
    } catch (error) {
      warn(
        `the report was not taken: ${safeErrorText(error instanceof Error ? error.message : String(error))}`,
      );
    }
  }
  return result;
}

await runJobCommand('results', run);
