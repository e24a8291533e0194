import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import {
  migrate,
  openLedger,
  SchemaTooNewError,
  TestModeMismatchError,
  type Ledger,
} from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';
import { checkCluster } from './cluster.ts';
import { openInstallation, type Identity } from './installation.ts';

const RETRY_EVERY_MS = 1_000;

/** The ledger cannot be used as configured; trying again would not help. */
export class LedgerRefused extends Error {
  override readonly name = 'LedgerRefused';
}

export interface LedgerStart {
  /** PostgreSQL connection string. */
  readonly url: string;
  readonly poolSize: number;
  readonly applicationName: string;
  readonly instanceId: string | undefined;
  readonly provider: StoreProvider;
  /** How long a database that is away is waited for. */
  readonly giveUpAfterMs: number;
  /** Told each time that the database is found away. */
  readonly onAway?: () => void;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/**
 * Opens the ledger, which connects on first use; meanwhile migrates it and finds out who we are in it, and waits for
 * a database that is away. `identity` rejects with {@link LedgerRefused} where waiting would not help.
 */
export function beginLedger(start: LedgerStart): { ledger: Ledger; identity: Promise<Identity> } {
  const { url, poolSize, applicationName, log } = start;
  const onError = (error: Error): void => {
    log.warn({ err: error }, 'an idle database connection broke');
  };
  const ledger = openLedger({ url, poolSize, applicationName, onError });
  return { ledger, identity: prepared(start, ledger) };
}

/**
 * As {@link beginLedger}, for who has nothing to do until the ledger is there.
 *
 * @throws LedgerRefused where waiting would not help.
 */
export async function startLedger(start: LedgerStart): Promise<{ ledger: Ledger; identity: Identity }> {
  const { ledger, identity } = beginLedger(start);
  try {
    return { ledger, identity: await identity };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function prepared(start: LedgerStart, ledger: Ledger): Promise<Identity> {
  const { url, provider, instanceId, log, signal } = start;
  const giveUpAt = performance.now() + start.giveUpAfterMs;
  for (let failures = 1; ; failures += 1) {
    try {
      const applied = await migrate(url);
      if (applied.length > 0) log.info({ migrations: applied }, 'ledger migrated');
      const identity = await openInstallation(ledger, provider, instanceId);
      await checkCluster(ledger, log);
      return identity;
    } catch (error) {
      if (isFinal(error)) throw new LedgerRefused(error.message, { cause: error });
      if (performance.now() > giveUpAt) throw error;
      start.onAway?.();
      if (isPowerOfTwo(failures)) log.warn({ err: error, failures }, 'the database is away; trying again');
      await sleep(RETRY_EVERY_MS, undefined, { signal });
    }
  }
}

/** A long outage is told ever more rarely. */
function isPowerOfTwo(count: number): boolean {
  return (count & (count - 1)) === 0;
}

/** Class 28: wrong user or password; 3D000: no such database. */
function isFinal(error: unknown): error is Error {
  if (error instanceof SchemaTooNewError || error instanceof TestModeMismatchError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('28') || code === '3D000';
}
