import { isServiceError } from '../domain/errors.ts';
import type { LeaseDeps } from './deps.ts';
import { takeOver } from './flight.ts';

/**
 * The workflow's take-over of a claim that nobody settled. A failure of the provider is in the ledger when this
 * returns; only an unreachable ledger is thrown, for a retry.
 */
export async function settleAbandoned(deps: LeaseDeps, leaseId: string): Promise<void> {
  try {
    await takeOver(deps, leaseId);
  } catch (error) {
    if (!isServiceError(error) || error.code === 'LEDGER_UNAVAILABLE') throw error;
  }
}
