import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { Config } from '../config/index.ts';
import { openInstallation, type Identity } from '../leases/index.ts';
import {
  migrate,
  openLedger,
  SchemaTooNewError,
  TestModeMismatchError,
  type Ledger,
} from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';

/** A database that starts together with this process is there within seconds; a machine that boots needs more. */
const GIVE_UP_AFTER_MS = 60_000;
const RETRY_EVERY_MS = 1_000;

/** The ledger cannot be used as configured; trying again would not help. */
export class LedgerRefused extends Error {}

export interface LedgerStart {
  readonly config: Config;
  readonly provider: StoreProvider;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Migrates and opens the ledger and finds out who we are in it. Waits up to a minute for a database that is
 * away. Throws {@link LedgerRefused} where waiting would not help.
 */
export async function startLedger(start: LedgerStart): Promise<{ ledger: Ledger; identity: Identity }> {
  const { config, log } = start;
  const onError = (error: Error) => {
    log.warn({ err: error }, 'an idle database connection broke');
  };
  const ledger = openLedger({
    url: config.DATABASE_URL ?? '',
    poolSize: config.LEDGER_POOL_SIZE,
    applicationName: 'loiter-killer-api',
    onError,
  });
  try {
    return { ledger, identity: await prepared(start, ledger) };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function prepared(start: LedgerStart, ledger: Ledger): Promise<Identity> {
  const { config, provider, log, signal } = start;
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (;;) {
    try {
      const applied = await migrate(config.DATABASE_URL ?? '');
      if (applied.length > 0) log.info({ migrations: applied }, 'ledger migrated');
      return await openInstallation(ledger, provider, config.INSTANCE_ID);
    } catch (error) {
      if (isFinal(error)) throw new LedgerRefused(messageOf(error), { cause: error });
      if (performance.now() > giveUpAt) throw error;
      log.warn({ err: error }, 'the database is away; trying again');
      await sleep(RETRY_EVERY_MS, undefined, { signal });
    }
  }
}

/** Wrong password, no such user or database: PostgreSQL's own words are for the operator. */
function isFinal(error: unknown): boolean {
  if (error instanceof SchemaTooNewError || error instanceof TestModeMismatchError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('28') || code === '3D000';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
