import { failStaleUploads } from '../../ledger/queries/upkeep-stale.ts';
import type { UpkeepDeps } from './deps.ts';

/** Uploads ended by one statement. */
const BATCH = 500;

/** Ends the intents whose senders are dead: nothing was sent of one, of the other nobody knows, and it is to be settled. */
export async function failStale({ ledger, settings, log }: UpkeepDeps): Promise<void> {
  for (;;) {
    const stale = await failStaleUploads(ledger, { afterMs: settings.staleAfterMs, limit: BATCH });
    for (const { uploadId, provider, sent } of stale) {
      if (sent) continue;
      log.info({ event: 'upload_settled', upload_id: uploadId, provider, outcome: 'not_sent' });
    }
    if (stale.length < BATCH) return;
  }
}
