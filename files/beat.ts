import { beatSender } from '../ledger/queries/upload-progress.ts';
import type { FileDeps } from './deps.ts';

/**
 * Does the work while the ledger is told that its sender is alive. Beats that fail are made up for by the next; where
 * none comes through, others take the sender for dead, which is harmless.
 */
export async function whileBeating<T>(
  { ledger, settings }: FileDeps,
  uploadId: string,
  work: () => Promise<T>,
): Promise<T> {
  const beat = (): void => {
    beatSender(ledger, uploadId, settings.senderLeaseMs).catch(() => undefined);
  };
  const timer = setInterval(beat, settings.senderBeatMs).unref();
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}
