import type { Verdict } from '../../deletion/proof.ts';
import { nextTryMs } from '../../domain/backoff.ts';
import { safeErrorText } from '../../domain/redact.ts';
import { fileDeleted } from '../../ledger/queries/file-deleted.ts';
import { fileNotFound } from '../../ledger/queries/file-not-found.ts';
import type { DueFile } from '../../ledger/queries/upkeep-claim-files.ts';
import {
  fileFailed,
  filesHeldBack,
  fileWaits,
  giveFilesBack,
} from '../../ledger/queries/upkeep-file-tries.ts';
import { tellError, type UpkeepDeps, type UpkeepPass } from './deps.ts';

type Failed = Extract<Verdict, { kind: 'failed' }>;
type Wait = Extract<Verdict, { kind: 'wait' }>;

const fieldsOf = ({ fileId, provider }: DueFile) => ({ file_id: fileId, provider });

async function recordGone(deps: UpkeepDeps, file: DueFile, { told }: UpkeepPass): Promise<void> {
  const upload = await fileDeleted(deps.ledger, file.fileKey);
  // Another pass was faster, and has told of it.
  if (upload === undefined) return;
  told.filesDeleted += 1;
  told.bytesFreed += upload.bytes;
  deps.meter.deleted(upload.provider, upload.reason);
  deps.log.info({ event: 'file_deleted', ...fieldsOf(file), reason: upload.reason, bytes: upload.bytes });
}

async function recordFailure(
  deps: UpkeepDeps,
  { file, failure }: { readonly file: DueFile; readonly failure: Failed },
  pass: UpkeepPass,
): Promise<void> {
  const { stuckAfterMs, stuckRetryMs } = deps.settings;
  const { message, reason, retryAfterMs, stuckNow } = failure;
  const stuck = file.stuck || stuckNow || (file.failingForMs ?? 0) >= stuckAfterMs;
  const waitMs = nextTryMs({ attempts: file.attempts + 1, retryAfterMs, stuck, stuckRetryMs });
  const error = safeErrorText(message);
  const { fileKey } = file;
  const recorded = await fileFailed(deps.ledger, { fileKey, error, waitMs, stuckNow, stuckAfterMs });
  if (recorded === undefined) return;
  tellError(pass.told, `file ${file.fileId} at ${file.provider}: ${error}`);
  const fields = { ...fieldsOf(file), reason, error, next_try_ms: waitMs };
  deps.log.warn({ event: 'file_delete_failed', attempts: recorded.attempts, ...fields });
  if (recorded.stuck && !file.stuck) deps.log.error({ event: 'file_stuck', ...fields });
}

async function recordWait({ ledger }: UpkeepDeps, { fileKey }: DueFile, wait: Wait): Promise<void> {
  if (wait.firstNotFound) await fileNotFound(ledger, fileKey);
  await fileWaits(ledger, { fileKey, waitsFor: wait.waitsFor, waitMs: wait.waitMs });
}

/** Writes down what a try at a deletion came to, and when the next is due. */
export async function recordVerdict(
  deps: UpkeepDeps,
  { file, verdict }: { readonly file: DueFile; readonly verdict: Verdict },
  pass: UpkeepPass,
): Promise<void> {
  switch (verdict.kind) {
    case 'gone':
      return recordGone(deps, file, pass);
    case 'failed':
      return recordFailure(deps, { file, failure: verdict }, pass);
    case 'wait':
      return recordWait(deps, file, verdict);
    case 'held_back':
      return filesHeldBack(deps.ledger, [file.fileKey], verdict);
    // Due as it is: what is due while deletions are paused is told to wait in one place.
    case 'paused':
      return giveFilesBack(deps.ledger, [file.fileKey]);
  }
}
