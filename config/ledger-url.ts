import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfigError } from './error.ts';
import type { Config } from './schema.ts';

/** Where `npm start` leaves the address of the ledger it brings, readable by its user alone: it holds a password. */
export function ledgerUrlFile(dataDirectory: string): string {
  return join(dataDirectory, 'ledger.url');
}

/**
 * The ledger's address for a command that runs beside the service: `DATABASE_URL`, else what `npm start` left in
 * `DATA_DIR`. Throws {@link ConfigError} where there is neither.
 */
export function ledgerUrl(config: Pick<Config, 'DATABASE_URL' | 'DATA_DIR'>): string {
  if (config.DATABASE_URL !== undefined) return config.DATABASE_URL;
  try {
    return readFileSync(ledgerUrlFile(config.DATA_DIR), 'utf8').trim();
  } catch {
    throw new ConfigError([
      `DATABASE_URL: not set, and no ledger of \`npm start\` was found in DATA_DIR (${config.DATA_DIR})`,
    ]);
  }
}
