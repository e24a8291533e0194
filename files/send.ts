import { HeldBack } from '../deletion/limits/index.ts';
import { isServiceError, ServiceError } from '../domain/errors.ts';
import { beginSending, uploadFailed, withdrawIntent } from '../ledger/queries/upload-progress.ts';
import { ProviderFailure } from '../providers/failure.ts';
import type { ProviderFile } from '../providers/port.ts';
import { attemptOf, type Attempt } from './attempts.ts';
import type { Call, Candidate, UploadDeps } from './call.ts';

/** An intent that was written down, and what does not answer for its content. */
export interface Ready {
  readonly uploadId: string;
  readonly candidate: Candidate;
  /** Keys of files that the provider does not have. */
  readonly gone: readonly string[];
}

/** The row keeps what went wrong; whatever the provider may have taken is looked for. */
async function failed(deps: UploadDeps, call: Call, of: { ready: Ready; error: unknown }): Promise<Attempt> {
  const { ready, error } = of;
  const { request } = call;
  const provider = ready.candidate.account.name;
  const failure = error instanceof ProviderFailure ? error : undefined;
  const text = failure?.message ?? 'the received file could not be read';
  const uncertain = failure?.kind === 'ambiguous';
  // What the breaker held back was not sent.
  if (!(error instanceof HeldBack)) deps.meter.uploaded(provider, 'failed', request.file.sizeBytes);
  deps.log.warn({
    event: 'file_upload_attempt_failed',
    request_id: request.requestId,
    provider,
    upload_id: ready.uploadId,
    error: text,
    uncertain,
  });
  await uploadFailed(deps.ledger, ready.uploadId, { uncertain, error: text });
  if (uncertain) deps.notifier.due();
  if (failure === undefined) throw error;
  const attempt = attemptOf(failure);
  if (attempt === undefined) throw new ServiceError('PROVIDER_REFUSED', { cause: failure });
  return attempt;
}

async function sendNow(
  deps: UploadDeps,
  call: Call,
  ready: Ready,
): Promise<ProviderFile | Attempt | 'again'> {
  const { uploadId, candidate, gone } = ready;
  const { senderLeaseMs, dedupe } = deps.settings;
  if (!(await beginSending(deps.ledger, { uploadId, senderLeaseMs, dedupe, not: gone }))) {
    await withdrawIntent(deps.ledger, uploadId);
    return 'again';
  }
  const { file, filename, mimeType } = call.request;
  const { path, sizeBytes } = file;
  const { provider } = candidate.account;
  call.progress.sent = true;
  try {
    const sent = { uploadId, path, sizeBytes, filename, mimeType, purpose: candidate.purpose };
    return await provider.uploadFile(sent, { deadlineMs: call.time.leftMs() });
  } catch (error) {
    return failed(deps, call, { ready, error });
  }
}

/**
 * Sends the file when it is its turn. `again`: nothing was sent, because equal content has come up meanwhile. An
 * attempt: another candidate may take it. Throws `UPLOADS_BUSY` and `PROVIDER_REFUSED`.
 */
export async function send(
  deps: UploadDeps,
  call: Call,
  ready: Ready,
): Promise<ProviderFile | Attempt | 'again'> {
  const waitMs = Math.min(deps.settings.slotWaitMs, call.time.leftMs());
  try {
    return await deps.slots(waitMs, () => sendNow(deps, call, ready));
  } catch (error) {
    if (isServiceError(error, 'UPLOADS_BUSY')) await withdrawIntent(deps.ledger, ready.uploadId);
    throw error;
  }
}
