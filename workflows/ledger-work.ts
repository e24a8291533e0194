import {
  ActivityFailure,
  TemporalFailure,
  ApplicationFailure,
  condition,
  log,
  proxyLocalActivities,
} from '@temporalio/workflow';
import type { Command, LedgerActivities, SessionView } from '../activities/contract.ts';
import { LEDGER_WORK } from './activity-options.ts';
import type { SessionRun } from './run.ts';

const { reconcile } = proxyLocalActivities<LedgerActivities>({
  ...LEDGER_WORK,
  summary: 'look at the ledger',
});

/** First wait after the quick tries failed; doubles. */
const FIRST_WAIT_MS = 2_000;
/** Ten thousand sessions that all wait for the ledger wake 33 times a second; a signal cuts the wait short. */
const MAX_WAIT_MS = 300_000;

/** Asks the ledger, for as long as it takes. Fails only where the session belongs to another installation. */
export async function look(run: SessionRun): Promise<SessionView> {
  const number = ++run.looksBegun;
  const session = sessionRef(run);
  const view = await patiently(run, 'reconcile', () => reconcile(session));
  run.view = view;
  run.lookedAtMs = Date.now();
  run.looksDone = number;
  return view;
}

/** Carries out the oldest command first; each leaves the queue only when it is done. */
export async function applyCommands(run: SessionRun): Promise<void> {
  for (let command = run.commands[0]; command !== undefined; command = run.commands[0]) {
    await applyOne(run, command);
    run.commands.shift();
  }
}

async function applyOne(run: SessionRun, command: Command): Promise<void> {
  const { applyCommand } = proxyLocalActivities<LedgerActivities>({ ...LEDGER_WORK, summary: command.kind });
  const session = sessionRef(run);
  await patiently(run, command.kind, async () => {
    try {
      await applyCommand(session, command);
    } catch (error) {
      // Trying again cannot help, and a command that blocks the queue would end the lease's upkeep.
      const cause = rootCause(error);
      if (!cause?.nonRetryable || isForeign(cause)) throw error;
      log.error('command dropped', { command: command.kind, leaseId: command.leaseId, type: cause.type });
    }
  });
}

async function patiently<T>(run: SessionRun, what: string, work: () => Promise<T>): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      const cause = rootCause(error);
      if (cause !== undefined && isForeign(cause)) throw cause;
      if (!(error instanceof TemporalFailure)) throw error;
      log.warn('the ledger does not answer', { what, failures: failures + 1, type: cause?.type });
    }
    const waitMs = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** Math.min(failures, 16));
    // Clearing the flag loses nothing: a look at the ledger follows in any case.
    run.dirty = false;
    await condition(() => run.dirty, waitMs * (0.75 + Math.random() / 4));
    run.dirty = false;
  }
}

function sessionRef(run: SessionRun): { sessionId: string; instanceId: string } {
  return { sessionId: run.input.sessionId, instanceId: run.input.instanceId };
}

/** A local activity's failure comes bare, a normal one's wrapped; either may also be a time-out. */
function rootCause(error: unknown): ApplicationFailure | undefined {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  return cause instanceof ApplicationFailure ? cause : undefined;
}

/** The session of another installation: this workflow has no business here and says so by failing. */
function isForeign(cause: ApplicationFailure): boolean {
  return cause.type === 'INSTANCE_MISMATCH';
}
