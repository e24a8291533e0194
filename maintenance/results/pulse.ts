import type { PassContext } from '../../deletion/pass-context.ts';
import { ServiceError } from '../../domain/errors.ts';
import type { ResultsProgress } from '../../ledger/queries/results-begin.ts';
import { pulseResultsRun, type ResultsAttempt } from '../../ledger/queries/results-progress.ts';
import type { ResultsDeps } from './deps.ts';

const PULSE_MS = 1_000;

export interface Pulse {
  /** Aborted once another run has the directory. */
  readonly lost: AbortSignal;
  /** Ends it; resolves when the last pulse has been answered. */
  end(): Promise<void>;
}

/**
 * Tells the ledger each second that the run goes on and how far it is: what a process that dies has deleted is counted
 * up to there. A ledger that is away for a while is no reason to stop.
 */
export function keepPulse(
  deps: ResultsDeps,
  attempt: ResultsAttempt,
  run: { readonly progress: () => ResultsProgress; readonly context: PassContext },
): Pulse {
  const lost = new AbortController();
  let beating: Promise<void> | undefined;
  const beat = async (): Promise<void> => {
    try {
      const ours = await pulseResultsRun(deps.ledger, attempt, run.progress());
      if (!ours) lost.abort(new ServiceError('JOB_RUNNING'));
    } catch (error) {
      deps.log.warn({ err: error }, 'the run over cached results could not tell that it goes on');
    }
    beating = undefined;
  };
  const timer = setInterval(() => {
    run.context.heartbeat();
    beating ??= beat();
  }, PULSE_MS);
  return {
    lost: lost.signal,
    end: async () => {
      clearInterval(timer);
      await beating;
    },
  };
}
