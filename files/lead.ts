import { FULL, type Attempt } from './attempts.ts';
import { whileBeating } from './beat.ts';
import { beginIntent } from './begin-intent.ts';
import type { Call, Candidate, Obtained, UploadDeps } from './call.ts';
import { record } from './record.ts';
import { send } from './send.ts';

/** Whom to send it to. */
export interface Turn {
  readonly candidate: Candidate;
  /** Take the place of a sender that is not heard of. */
  readonly relieve: boolean;
  /** Keys of files that the provider does not have. */
  readonly gone: readonly string[];
}

/**
 * Uploads the file to the candidate and records it: intent first, so that whatever becomes of this process is found.
 * `again`: equal content has come up, or is under way. `busy`: it is not its turn to be counted. An attempt: another candidate may take it. Throws
 * `QUOTA_EXCEEDED`, `UPLOADS_BUSY`, `PROVIDER_REFUSED`, and what stood in the way of the record.
 */
export async function lead(
  deps: UploadDeps,
  call: Call,
  turn: Turn,
): Promise<Obtained | Attempt | 'again' | 'busy'> {
  const { candidate, gone } = turn;
  const intent = await beginIntent(deps, call, turn);
  if (intent === 'busy') return intent;
  if (intent === 'taken') return 'again';
  if (intent === 'full') return FULL;
  const { uploadId } = intent;
  call.progress.provider = candidate.account.name;
  return whileBeating(deps, uploadId, async () => {
    const sent = await send(deps, call, { uploadId, candidate, gone });
    if (sent === 'again' || 'why' in sent) return sent;
    deps.meter.took(candidate.account.name, call.time.spentMs());
    const lease = await record(deps, call, { uploadId, candidate, fileId: sent.id });
    return { candidate, fileId: sent.id, deduplicated: false, lease };
  });
}
