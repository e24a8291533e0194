import { DatabaseError } from 'pg';
import { isServiceError, ServiceError } from '../domain/errors.ts';

/**
 * SQLSTATEs and classes that say "not now" rather than "never": connection (08), resources (53), operator
 * intervention and time-outs (57), lock not available (55P03), deadlock and serialisation (40), a transaction
 * that idled too long (25P03), a server that is read-only for the moment (25006).
 */
const NOT_NOW = /^(08|53|57|40|55P03|25P03|25006)/;

/** Only the server's own: a socket's `EPIPE` has five capitals too, and says nothing of a statement. */
function sqlState(error: unknown): string | undefined {
  return error instanceof DatabaseError ? error.code : undefined;
}

/** True for an error that the server itself sent about one statement: its connection is still good. */
export function isRefusedByServer(error: unknown): boolean {
  return error instanceof DatabaseError && error.severity === 'ERROR';
}

/** Faults of our own code that reach the ledger's catch: to answer "unavailable" would hide them. */
function isOurFault(error: unknown): boolean {
  return error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError;
}

/** True for {@link ServiceError} `LEDGER_UNAVAILABLE`. */
export function isUnavailable(error: unknown): boolean {
  return isServiceError(error, 'LEDGER_UNAVAILABLE');
}

/**
 * What callers see of a failed statement: `LEDGER_UNAVAILABLE` for everything that may pass, the error itself
 * for a fault of ours (a wrong statement, a broken constraint).
 */
export function toLedgerError(error: unknown): unknown {
  if (isServiceError(error) || isOurFault(error)) return error;
  const state = sqlState(error);
  if (state !== undefined && !NOT_NOW.test(state)) return error;
  return new ServiceError('LEDGER_UNAVAILABLE', { cause: error });
}
