import { HeldBack } from '../../deletion/limits/index.ts';
import { nextTryMs } from '../../domain/backoff.ts';
import { safeErrorText } from '../../domain/redact.ts';
import { EMPTY_LISTINGS_NEEDED } from '../../domain/unsettled-upload.ts';
import { accountsOf } from '../../ledger/queries/prove-accounts.ts';
import { endOrphaned, takeOrphan } from '../../ledger/queries/upkeep-orphan.ts';
import { leaveOpen, putOffUploads, recordEmptyListing } from '../../ledger/queries/upkeep-settle.ts';
import type { UnsettledUpload } from '../../ledger/queries/upkeep-unsettled.ts';
import type { ProviderFailure } from '../../providers/failure.ts';
import type { FileAccount } from '../deps.ts';
import { stuckAfterMs } from '../read/stuck-after.ts';
import { tellError, type UpkeepDeps, type UpkeepPass } from './deps.ts';
import { readBack } from './read-back.ts';

/** Wait for an equal upload that is under way, or for one whose end has changed what is known. */
const RIVAL_WAIT_MS = 30_000;

/** An upload that is being settled. */
export interface Settling {
  readonly upload: UnsettledUpload;
  readonly account: FileAccount;
  /** What the last complete listing shows that may be it. */
  readonly candidates: readonly string[];
}

type Outcome = 'absent' | 'orphaned' | 'listed';

function tell(
  { log }: UpkeepDeps,
  upload: UnsettledUpload,
  told: { outcome: Outcome; fileIds: readonly string[] },
) {
  const { uploadId, provider, userId } = upload;
  const fields = {
    upload_id: uploadId,
    provider,
    user_id: userId,
    outcome: told.outcome,
    file_ids: told.fileIds,
  };
  log[told.outcome === 'listed' ? 'warn' : 'info']({ event: 'upload_settled', ...fields });
}

async function noneFound(deps: UpkeepDeps, { upload }: Settling): Promise<void> {
  const settled = await recordEmptyListing(deps.ledger, upload.uploadId, {
    needed: EMPTY_LISTINGS_NEEDED,
    gapMs: deps.settings.listingGapMs,
    told: 'the provider did not take it',
  });
  if (settled) tell(deps, upload, { outcome: 'absent', fileIds: [] });
}

/** Only a person can tell: it is looked at again from time to time, because somebody may have deleted what was in doubt. */
async function list(deps: UpkeepDeps, settling: Settling, { why, pass }: { why: string; pass: UpkeepPass }) {
  const { upload, candidates } = settling;
  const error = safeErrorText(why);
  const waitMs = deps.settings.stuckRetryMs;
  await leaveOpen(deps.ledger, upload.uploadId, { candidates, seen: true, error, waitMs });
  tellError(pass.told, `upload ${upload.uploadId} at ${upload.provider}: ${error}`);
  if (candidates.join() !== upload.candidates.join())
    tell(deps, upload, { outcome: 'listed', fileIds: candidates });
}

/** Leaves the upload for a later try; after a long time it is on the list with what is known of it. */
export async function leaveForLater(
  deps: UpkeepDeps,
  { upload, candidates }: Pick<Settling, 'upload'> & { readonly candidates: readonly string[] | undefined },
  { failure, pass }: { readonly failure: ProviderFailure; readonly pass: UpkeepPass },
): Promise<void> {
  const { ledger, settings } = deps;
  if (failure instanceof HeldBack) return putOffUploads(ledger, [upload.uploadId], failure.retryAfterMs);
  const { stuckRetryMs } = settings;
  const stuck = upload.ageMs >= stuckAfterMs(settings);
  const { retryAfterMs } = failure;
  const waitMs = nextTryMs({ attempts: upload.attempts + 1, retryAfterMs, stuck, stuckRetryMs });
  const error = safeErrorText(failure.message);
  const seen = candidates !== undefined;
  const shown = seen && stuck ? candidates : upload.candidates;
  await leaveOpen(ledger, upload.uploadId, { candidates: shown, seen, error, waitMs });
  tellError(pass.told, `upload ${upload.uploadId} at ${upload.provider}: ${error}`);
}

class EndedMeanwhile extends Error {}

/** The ledger comes to know the file and that it is to go in one transaction: nobody can come to hold it in between. */
async function take(deps: UpkeepDeps, { upload, account }: Settling, fileId: string): Promise<boolean> {
  const { provider, baseUrl } = account.provider.account;
  const { accountId } = account;
  const accountIds = [...(await accountsOf(deps.ledger, accountId)), upload.accountId];
  const { filename, sizeBytes, uploadId } = upload;
  const owner = { provider, baseUrl, accountId };
  try {
    return await deps.ledger.transaction(async (db) => {
      const fileKey = await takeOrphan(db, { owner, fileId, accountIds, filename, sizeBytes });
      if (fileKey === undefined) return false;
      // Undone: whoever ended the upload meanwhile has seen to its file.
      if (!(await endOrphaned(db, { uploadId, fileId, fileKey }))) throw new EndedMeanwhile();
      return true;
    });
  } catch (error) {
    if (error instanceof EndedMeanwhile) return false;
    throw error;
  }
}

async function oneFound(
  deps: UpkeepDeps,
  settling: Settling,
  { fileId, pass }: { fileId: string; pass: UpkeepPass },
) {
  const { upload, account } = settling;
  const { sizeBytes, sha256 } = upload;
  const { uploadTimeoutMs, providerDeadlineMs } = deps.settings;
  // What a pass has no time for is read by a later one, from the beginning.
  const leftMs = Math.max(providerDeadlineMs, pass.endsAt - performance.now());
  const options = { deadlineMs: Math.min(uploadTimeoutMs, leftMs), signal: pass.signal };
  const bytes = await readBack(account.provider, { fileId, sizeBytes, sha256 }, options);
  if (bytes === 'other') return list(deps, settling, { why: `${fileId} has other bytes`, pass });
  if (bytes !== 'same') {
    const final = ['refused', 'unauthorized', 'gone'].includes(bytes.kind);
    if (final) return list(deps, settling, { why: `${fileId} cannot be read back: ${bytes.message}`, pass });
    return leaveForLater(deps, settling, { failure: bytes, pass });
  }
  if (await take(deps, settling, fileId))
    return tell(deps, upload, { outcome: 'orphaned', fileIds: [fileId] });
  await putOffUploads(deps.ledger, [upload.uploadId], RIVAL_WAIT_MS);
}

/**
 * What becomes of an upload after a complete listing. Nothing that may be it: the provider did not take it, if that is
 * so again. One file whose bytes are the same: it is deleted. Anything else is left, and listed.
 */
export async function settleOne(deps: UpkeepDeps, settling: Settling, pass: UpkeepPass): Promise<void> {
  const [first, second] = settling.candidates;
  if (first === undefined) return noneFound(deps, settling);
  if (second !== undefined) {
    const why = `${settling.candidates.length} files may be it: ${settling.candidates.join(', ')}`;
    return list(deps, settling, { why, pass });
  }
  return oneFound(deps, settling, { fileId: first, pass });
}
