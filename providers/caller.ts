import { withDeadline } from './call-deadline.ts';
import { classify } from './classify.ts';
import { ProviderFailure } from './failure.ts';
import type { CallOptions } from './port.ts';
import type { ProviderRequest } from './request.ts';

/** Counts every request. `outcome` is `ok` or the kind of the failure; durations in milliseconds. */
export interface ProviderMeter {
  call(operation: string, outcome: string, ms: number): void;
}

/** Lets a request wait for its turn. */
export type Turn = (send: () => Promise<unknown>) => Promise<unknown>;

export interface CallerOptions {
  readonly apiKey: string;
  readonly meter: ProviderMeter;
  /** Applied to deletions; the waiting counts against their deadline. */
  readonly deletionTurn: Turn;
}

/** Carries out one request within its limits; throws `ProviderFailure` only. */
export type Caller = <T>(request: ProviderRequest<T>, options: CallOptions) => Promise<T>;

/**
 * A read whose connection broke, as an idle one does that the peer has closed meanwhile, is sent once more. What
 * changes something is left to the caller, who knows what is at stake.
 */
function isLostRead(request: ProviderRequest<unknown>, error: unknown): boolean {
  const isRead = request.callClass === 'retrieve' || request.callClass === 'list';
  return (
    isRead && error instanceof ProviderFailure && error.kind === 'unavailable' && error.status === undefined
  );
}

/** Makes the function through which every request of an account goes: deadline, meter, classified failures. */
export function createCaller({ apiKey, meter, deletionTurn }: CallerOptions): Caller {
  const once = async <T>(request: ProviderRequest<T>, options: CallOptions): Promise<T> => {
    const { operation, callClass, pair, read } = request;
    const startedAt = performance.now();
    const count = (outcome: string) => meter.call(operation, outcome, performance.now() - startedAt);
    let result: T;
    try {
      result = await withDeadline(options, async ({ signal, sending }) => {
        const send = () => {
          sending();
          return request.send(signal);
        };
        return read(await (callClass === 'delete' ? deletionTurn(send) : send()));
      });
    } catch (error) {
      const failure = classify(error, { operation, callClass, apiKey, pair });
      count(failure.kind);
      throw failure;
    }
    count('ok');
    return result;
  };
  return async (request, options) => {
    const endsAt = performance.now() + options.deadlineMs;
    try {
      return await once(request, options);
    } catch (error) {
      const leftMs = endsAt - performance.now();
      if (!isLostRead(request, error) || leftMs <= 0 || options.signal?.aborted === true) throw error;
      return once(request, { ...options, deadlineMs: leftMs });
    }
  };
}
