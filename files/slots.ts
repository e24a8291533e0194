import pLimit from 'p-limit';
import { ServiceError } from '../domain/errors.ts';

/** Retry-After of an upload that got no turn: uploads under way take seconds. */
const BUSY_RETRY_SECONDS = 5;

/** Turns of this process to send; throws `UPLOADS_BUSY` for work that has not begun within `waitMs`. */
export type Slots = <T>(waitMs: number, work: () => Promise<T>) => Promise<T>;

/** So many turns at once. */
export function createSlots(atOnce: number): Slots {
  const limit = pLimit(atOnce);
  return <T>(waitMs: number, work: () => Promise<T>): Promise<T> => {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    let gaveUp = false;
    const timer = setTimeout(() => {
      gaveUp = true;
      reject(new ServiceError('UPLOADS_BUSY', { retryAfterSeconds: BUSY_RETRY_SECONDS }));
    }, waitMs);
    void limit(async () => {
      if (gaveUp) return;
      clearTimeout(timer);
      await work().then(resolve, reject);
    });
    return promise;
  };
}
