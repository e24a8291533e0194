import { ServiceError } from '../domain/errors.ts';
import { chooseAccounts } from '../domain/upload-choice.ts';
import type { Call, Candidate, Progress, UploadDeps } from './call.ts';
import { checkName } from './check-name.ts';
import type { UploadRequest } from './contract.ts';
import type { FileAccount } from './deps.ts';
import { startTime } from './time-left.ts';

function candidatesOf(deps: UploadDeps, request: UploadRequest): readonly Candidate[] {
  const wish = {
    asked: request.provider,
    forStore: request.sessionId !== null,
    sizeBytes: request.file.sizeBytes,
  };
  const eligible = deps.accounts.map((account) => ({
    account,
    name: account.name,
    offersStores: account.provider.offersStores,
    maxFileBytes: account.limits.maxFileBytes,
  }));
  const choice = chooseAccounts(eligible, wish);
  if ('refusal' in choice) throw new ServiceError(choice.refusal);
  return choice.accounts.map(({ account }) => ({
    account,
    accountId: account.accountId,
    purpose: purposeOf(account, request),
  }));
}

function purposeOf({ limits }: FileAccount, { purpose }: UploadRequest): string {
  return purpose ?? limits.defaultPurpose;
}

/**
 * Everything about an upload that can be said without looking for its content: its session is live, its name and size
 * are taken, somebody may have it. Throws what the contract says of each.
 */
export async function prepare(deps: UploadDeps, request: UploadRequest, progress: Progress): Promise<Call> {
  const { settings } = deps;
  const { file, sessionId, leaseId } = request;
  const time = startTime(settings.uploadTimeoutMs);
  const store = sessionId === null ? null : await deps.sessions.storeOf(sessionId, leaseId);
  if (file.sizeBytes === 0) throw new ServiceError('FILE_EMPTY');
  checkName(settings, request.filename);
  const candidates = candidatesOf(deps, request);
  if (file.sizeBytes > settings.maxUserFileBytes) throw new ServiceError('QUOTA_EXCEEDED');
  return { request, time, candidates, store, progress };
}
