import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from 'pino';
import { openInstallation, type Identity } from '../leases/index.ts';
import {
  migrate,
  openLedger,
  SchemaTooNewError,
  TestModeMismatchError,
  type Ledger,
} from '../ledger/index.ts';
import type { StoreProvider } from '../providers/port.ts';

/** A worker has no caller that waits: it gives a database that restarts or is restored ample time. */
const GIVE_UP_AFTER_MS = 10 * 60_000;
const RETRY_EVERY_MS = 1_000;

/** The ledger cannot be used as configured; trying again would not help. */
export class LedgerRefused extends Error {
  override readonly name = 'LedgerRefused';
}

export interface LedgerStart {
  readonly url: string;
  readonly poolSize: number;
  readonly provider: StoreProvider;
  readonly instanceId: string | undefined;
  readonly log: Logger;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Migrates and opens the ledger. Throws {@link LedgerRefused} where waiting would not help. */
export async function startLedger(start: LedgerStart): Promise<{ ledger: Ledger; identity: Identity }> {
  const { url, poolSize, log } = start;
  const onError = (error: Error) => {
    log.warn({ err: error }, 'an idle database connection broke');
  };
  const ledger = openLedger({ url, poolSize, applicationName: 'loiter-killer-worker', onError });
  try {
    return { ledger, identity: await prepared(start, ledger) };
  } catch (error) {
    await ledger.close();
    throw error;
  }
}

async function prepared(start: LedgerStart, ledger: Ledger): Promise<Identity> {
  const { url, provider, instanceId, log, signal } = start;
  const giveUpAt = performance.now() + GIVE_UP_AFTER_MS;
  for (let failures = 1; ; failures += 1) {
    try {
      await migrate(url);
      return await openInstallation(ledger, provider, instanceId);
    } catch (error) {
      if (isFinal(error)) throw new LedgerRefused(error.message, { cause: error });
      if (performance.now() > giveUpAt) throw error;
      if ((failures & (failures - 1)) === 0)
        log.warn({ err: error, failures }, 'the database is away; trying again');
      await sleep(RETRY_EVERY_MS, undefined, { signal });
    }
  }
}

/** Class 28: wrong user or password; 3D000: no such database. */
function isFinal(error: unknown): error is Error {
  if (error instanceof SchemaTooNewError || error instanceof TestModeMismatchError) return true;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('28') || code === '3D000';
}
