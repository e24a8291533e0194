import type { Command } from '../activities/contract.ts';
import { isServiceError } from '../domain/errors.ts';
import { endLease } from '../ledger/queries/end-lease.ts';
import { renewBySeconds } from '../ledger/queries/renew-by-seconds.ts';
import type { OftenDeps } from './deps.ts';
import { track } from './track.ts';

type Of<Kind extends Command['kind']> = Extract<Command, { kind: Kind }>;

/** Never shortens, never promises more than one full lease. */
async function renewOne(deps: OftenDeps, command: Of<'renew'>): Promise<boolean> {
  const fullMs = deps.settings.leaseSeconds * 1000;
  const wishedMs = command.seconds === null ? fullMs : Math.max(0, command.seconds * 1000);
  return renewBySeconds(deps.ledger, command.leaseId, Math.min(fullMs, wishedMs));
}

async function trackOne(deps: OftenDeps, sessionId: string, command: Of<'track'>): Promise<boolean> {
  try {
    await track(deps, { ...command, sessionId, requestId: 'signal' });
    return true;
  } catch (error) {
    if (!isServiceError(error) || error.code === 'LEDGER_UNAVAILABLE') throw error;
    return false;
  }
}

async function releaseOne(deps: OftenDeps, sessionId: string, command: Of<'release'>): Promise<boolean> {
  const { leaseId, reason } = command;
  return (await endLease(deps.ledger, { sessionId, leaseId, reason, force: false })) !== undefined;
}

/**
 * Carries out what an operator signalled, on the lease it was meant for and on no later one. A protected lease
 * is not released. What cannot be done is logged; only an unreachable ledger is thrown, for a retry.
 */
export async function applyCommand(deps: OftenDeps, sessionId: string, command: Command): Promise<void> {
  const done = await {
    renew: async () => renewOne(deps, command as Of<'renew'>),
    track: async () => trackOne(deps, sessionId, command as Of<'track'>),
    release: async () => releaseOne(deps, sessionId, command as Of<'release'>),
  }[command.kind]();
  const fields = { session_id: sessionId, lease_id: command.leaseId, signal: command.kind };
  if (!done) {
    deps.log.warn({ event: 'signal_ignored', ...fields });
    return;
  }
  const event = { renew: 'lease_renewed', track: 'files_tracked', release: 'lease_released' }[command.kind];
  deps.log.info({ event, ...fields });
}
