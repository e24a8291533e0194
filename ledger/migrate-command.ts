/**
 * `npm run migrate`: brings the database of `DATABASE_URL` to this version's schema. Exit codes: 0 done, also
 * where there was nothing to do; 1 failed and may be repeated; 2 cannot work as configured.
 */
import { EXIT_BAD_CONFIG, loadProcessConfig } from '../config/index.ts';
import { migrate, SchemaTooNewError } from './migrate.ts';

const { config } = loadProcessConfig(['database']);

/** PostgreSQL's own words for a database that is not there or lets us not in. */
function isRefused(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return error instanceof SchemaTooNewError || code.startsWith('28') || code === '3D000';
}

try {
  const applied = await migrate(config.DATABASE_URL ?? '');
  const done = applied.length === 0 ? 'The ledger is up to date.' : `Applied: ${applied.join(', ')}`;
  process.stdout.write(`${done}\n`);
} catch (error) {
  const reason =
    error instanceof Error && error.message !== '' ? error.message : 'the database cannot be reached';
  process.stderr.write(`migrate: ${reason}\n`);
  process.exitCode = isRefused(error) ? EXIT_BAD_CONFIG : 1;
}
