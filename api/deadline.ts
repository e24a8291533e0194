import { ServiceError, type ErrorCode } from '../domain/errors.ts';

/**
 * Renew, files and release are answered within 4 s, or their clients (limit: 5 s) take the service for down.
 * The ledger gives up before that by itself; this is the belt.
 */
export const QUICK_LIMIT_MS = 3_800;
/** Everything else that only asks the ledger; those clients wait at least 10 s. */
export const PLAIN_LIMIT_MS = 8_000;
/** What a call with its own time limit gets on top to answer by itself. */
export const MARGIN_MS = 1_000;

/** The work's own outcome, or after `limitMs` the error of the catalogue, whatever the work does. */
export async function within<T>(limitMs: number, code: ErrorCode, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new ServiceError(code));
    }, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
