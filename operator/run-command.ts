import {
  EXIT_BAD_CONFIG,
  exitOnConfigError,
  ledgerUrl,
  loadProcessConfig,
  type Config,
} from '../config/index.ts';
import { isServiceError } from '../domain/errors.ts';
import { openLedger, type Ledger } from '../ledger/index.ts';

/** A command was called in a way it does not understand; the message is its usage. */
export class UsageError extends Error {}

/** What a command works with. */
export interface CommandContext {
  readonly config: Config;
  readonly ledger: Ledger;
  /** Prints one line for the person at the terminal. */
  readonly say: (line: string) => void;
}

/** PostgreSQL's undefined table and column: the ledger was made by an older version. */
const TOO_OLD = new Set(['42P01', '42703']);

function sentence(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (TOO_OLD.has(code))
    return 'the ledger is older than this version; `npm run migrate` brings it up to date';
  if (isServiceError(error, 'LEDGER_UNAVAILABLE')) return 'the database cannot be reached';
  if (isServiceError(error, 'JOB_OFF')) return `the job is off: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Runs an operator's command on the ledger and sets the exit code that it resolves with; 1 where it fails, 2 where
 * it was called wrongly or cannot work as configured.
 */
export async function runCommand(
  name: string,
  command: (context: CommandContext) => Promise<number>,
): Promise<void> {
  const { config } = loadProcessConfig([]);
  const url = exitOnConfigError(() => ledgerUrl(config));
  const applicationName = `loiter-killer-${name}`;
  const ledger = openLedger({ url, poolSize: 2, applicationName, onError: () => undefined });
  const say = (line: string): void => void process.stdout.write(`${line}\n`);
  try {
    process.exitCode = await command({ config, ledger, say });
  } catch (error) {
    process.stderr.write(`${name}: ${sentence(error)}\n`);
    const isBadCall = error instanceof UsageError || isServiceError(error, 'JOB_OFF');
    process.exitCode = isBadCall ? EXIT_BAD_CONFIG : 1;
  } finally {
    await ledger.close();
  }
}
