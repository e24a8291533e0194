import { ProviderFailure } from '../providers/failure.ts';
import type { Call, Candidate, UploadDeps } from './call.ts';
import { attemptOf, type Attempt } from './attempts.ts';

/** An account whose answer to a look at one file means that nothing else can be had of it now. */
const AWAY: Attempt = { why: 'unavailable' };

/**
 * Asks the provider for a file that it was not seen to have for long. `gone`: it has it no longer. An attempt: nobody
 * can tell, and whoever cannot be asked cannot be sent anything either.
 */
export async function verifyHit(
  deps: UploadDeps,
  { time }: Call,
  hit: { readonly candidate: Candidate; readonly fileId: string },
): Promise<'there' | 'gone' | Attempt> {
  const deadlineMs = Math.min(deps.settings.providerDeadlineMs, time.leftMs());
  try {
    await hit.candidate.account.provider.retrieveFile(hit.fileId, { deadlineMs, mayBeMissing: true });
    return 'there';
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (error.kind === 'gone' || error.deniesObject) return 'gone';
    return attemptOf(error) ?? AWAY;
  }
}
