import type { DrainView, SessionView } from '../activities/contract.ts';
import type { DrainAnswer, LeaseAnswer } from './messages.ts';
import type { SessionRun } from './run.ts';

/** One word for the whole session: the live lease's state, else `draining`, else `closed`. */
export function sessionState({ live, draining }: SessionView): string {
  if (live !== null) return live.state;
  return draining.length > 0 ? 'draining' : 'closed';
}

/** What the query `lease` answers: the last look, and when it was taken. */
export function leaseAnswer(run: SessionRun): LeaseAnswer {
  const live = run.view?.live ?? null;
  return {
    session_id: run.input.sessionId,
    lease_id: live?.leaseId ?? null,
    state: run.view === null ? 'not looked yet' : sessionState(run.view),
    vector_store_id: live?.vectorStoreId ?? null,
    protected: live?.protected ?? false,
    expires_at_least: live?.expiresAt ?? null,
    draining: (run.view?.draining ?? []).map(drainAnswer),
    looked_at: new Date(run.lookedAtMs).toISOString(),
  };
}

function drainAnswer(lease: DrainView): DrainAnswer {
  return {
    lease_id: lease.leaseId,
    vector_store_id: lease.vectorStoreId,
    stuck: lease.stuck,
    attempts: lease.attempts,
    last_error: lease.lastError,
    next_try_at: lease.nextTryAt,
    waits_for: lease.waitsFor ?? null,
  };
}
