import { isServiceError } from '../domain/errors.ts';
import { attach } from './attach.ts';
import type { Obtained, Progress, UploadDeps } from './call.ts';
import type { Uploaded, UploadRequest } from './contract.ts';
import { obtain } from './obtain.ts';
import { prepare } from './prepare.ts';

/** What an upload is turned down for before anything of it is sent. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['FILE_EMPTY', 'FILENAME_INVALID', 'EXTENSION_NOT_ALLOWED', 'FILE_TOO_LARGE', 'QUOTA_EXCEEDED'],
  ...['PROVIDER_UNKNOWN', 'PROVIDER_HAS_NO_STORES', 'SESSION_NOT_FOUND', 'LEASE_REPLACED'],
]);

/** A 200, or an attaching that failed after it: the provider has the file, and somebody holds it. */
function tellObtained(deps: UploadDeps, request: UploadRequest, obtained: Obtained): void {
  const { candidate, fileId, deduplicated, lease } = obtained;
  const provider = candidate.account.name;
  deps.meter.uploaded(provider, deduplicated ? 'deduplicated' : 'success', request.file.sizeBytes);
  if (deduplicated) deps.meter.deduplicated();
  deps.log.info({
    event: deduplicated ? 'file_deduplicated' : 'file_uploaded',
    request_id: request.requestId,
    provider,
    file_id: fileId,
    size_bytes: request.file.sizeBytes,
    session_id: request.sessionId,
    lease_id: lease?.leaseId ?? null,
  });
}

function tellFailure(
  deps: UploadDeps,
  request: UploadRequest,
  of: { progress: Progress; error: unknown },
): void {
  const { progress, error } = of;
  const code = isServiceError(error) ? error.code : 'INTERNAL';
  if (!progress.sent && REFUSALS.has(code)) deps.meter.refused(code);
  deps.log.warn({
    event: 'file_upload_failed',
    request_id: request.requestId,
    provider: progress.provider,
    session_id: request.sessionId,
    code,
  });
}

async function carryOut(deps: UploadDeps, request: UploadRequest, progress: Progress): Promise<Uploaded> {
  const call = await prepare(deps, request, progress);
  const obtained = await obtain(deps, call);
  tellObtained(deps, request, obtained);
  await attach(deps, call, obtained);
  const { candidate, fileId, deduplicated, lease } = obtained;
  const { filename, mimeType, file } = request;
  return {
    fileId,
    provider: candidate.account.name,
    filename,
    sizeBytes: file.sizeBytes,
    sha256: file.sha256,
    mimeType,
    deduplicated,
    durationMs: call.time.spentMs(),
    lease,
  };
}

/** One upload from the end of its reception to its answer, told to metrics and log whatever becomes of it. */
export async function upload(deps: UploadDeps, request: UploadRequest): Promise<Uploaded> {
  const progress: Progress = { provider: 'none', sent: false };
  try {
    return await carryOut(deps, request, progress);
  } catch (error) {
    tellFailure(deps, request, { progress, error });
    throw error;
  } finally {
    deps.meter.attempted(progress.provider, request.userId);
  }
}
