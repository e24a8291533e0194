import { Context } from '@temporalio/activity';
import type { PassContext } from '../leases/contract.ts';

/** A sixth of the heartbeat timeout (30 s): some may be lost, and a cancellation is heard of soon. */
const PULSE_MS = 5_000;

/** A pass that tells how far it is, and where an earlier attempt at it ended. */
export interface ProgressContext<Progress> {
  readonly signal: AbortSignal;
  readonly heartbeat: (progress: Progress) => void;
  /** As an earlier attempt told it last. */
  readonly progress: Progress | undefined;
}

/**
 * Runs `work` with a steady pulse, because one call to the provider may take as long as the heartbeat timeout. The pulse
 * tells that the worker lives, and how far the work is; how long that may take is the activity's start-to-close timeout.
 */
export async function withProgress<T, Progress>(
  work: (context: ProgressContext<Progress>) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  let progress = context.info.heartbeatDetails as Progress | undefined;
  const beat = () => context.heartbeat(progress);
  beat();
  const timer = setInterval(beat, PULSE_MS);
  const heartbeat = (now: Progress) => {
    progress = now;
    beat();
  };
  try {
    return await work({ signal: context.cancellationSignal, heartbeat, progress });
  } finally {
    clearInterval(timer);
  }
}

/** As {@link withProgress}, for work that always begins anew. */
export const withPulse = <T>(work: (context: PassContext) => Promise<T>): Promise<T> =>
  withProgress<T, undefined>(({ signal, heartbeat }) =>
    work({ signal, heartbeat: () => heartbeat(undefined) }),
  );
