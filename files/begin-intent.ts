import { randomUUID } from 'node:crypto';
import { ServiceError } from '../domain/errors.ts';
import type { UploadLimits } from '../domain/providers.ts';
import type { Db } from '../ledger/index.ts';
import { insertIntent, relieveClaim, type Intent } from '../ledger/queries/upload-intent.ts';
import { lockAccount, lockUser } from '../ledger/queries/upload-locks.ts';
import { placesTaken } from '../ledger/queries/upload-places.ts';
import { withdrawIntent } from '../ledger/queries/upload-progress.ts';
import type { Call, Candidate, UploadDeps } from './call.ts';

function intentFor(deps: UploadDeps, { request, store }: Call, candidate: Candidate): Intent {
  const { settings } = deps;
  const { account, accountId, purpose } = candidate;
  return {
    uploadId: randomUUID(),
    accountId,
    purpose,
    provider: account.name,
    sha256: request.file.sha256,
    filename: request.filename,
    sizeBytes: request.file.sizeBytes,
    mimeType: request.mimeType,
    userId: request.userId,
    sessionId: store === null ? null : request.sessionId,
    claims: settings.dedupe,
    senderLeaseMs: settings.senderLeaseMs,
    quotaBytes: settings.userQuotaBytes,
  };
}

/** Only where there is a limit are places counted: elsewhere nobody waits for anybody. */
function isLimited({ maxFiles, maxTotalBytes }: UploadLimits): boolean {
  return maxFiles !== null || maxTotalBytes !== null;
}

/** Whether the account has a place for what has been written down already. */
async function hasPlace(db: Db, accountId: number, limits: UploadLimits): Promise<boolean> {
  const { files, bytes } = await placesTaken(db, accountId);
  return files <= (limits.maxFiles ?? Infinity) && bytes <= (limits.maxTotalBytes ?? Infinity);
}

/**
 * Writes the intent to upload to the candidate down, within the user's quota and the account's limits; resolves with its
 * id. `taken`: another upload of equal content is under way. `relieve`: that one's sender is silent, and this takes its
 * place. `busy`: somebody counts at the moment for the same user or account. Throws `QUOTA_EXCEEDED`.
 */
export async function beginIntent(
  deps: UploadDeps,
  call: Call,
  to: { readonly candidate: Candidate; readonly relieve: boolean },
): Promise<{ readonly uploadId: string } | 'taken' | 'full' | 'busy'> {
  const intent = intentFor(deps, call, to.candidate);
  const { uploadId, userId, accountId } = intent;
  const { limits } = to.candidate.account;
  return deps.ledger.transaction(async (db) => {
    if (!(await lockUser(db, userId))) return 'busy';
    if (isLimited(limits) && !(await lockAccount(db, accountId))) return 'busy';
    if (to.relieve) await relieveClaim(db, intent);
    const begun = await insertIntent(db, intent);
    if (begun === 'over_quota') throw new ServiceError('QUOTA_EXCEEDED');
    if (begun === 'taken') return 'taken';
    if (!isLimited(limits) || (await hasPlace(db, accountId, limits))) return { uploadId };
    await withdrawIntent(db, uploadId);
    return 'full';
  });
}
