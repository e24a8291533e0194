import pLimit from 'p-limit';
import { speaksFor } from '../../deletion/proof.ts';
import { leaveOpen, putOffUploads } from '../../ledger/queries/upkeep-settle.ts';
import { claimUnsettled, type UnsettledUpload } from '../../ledger/queries/upkeep-unsettled.ts';
import { ProviderFailure } from '../../providers/failure.ts';
import type { FileAccount } from '../deps.ts';
import { accountOf, notConfigured, proofDeps } from './account-of.ts';
import { tellError, type UpkeepDeps, type UpkeepPass } from './deps.ts';
import { findCandidates } from './find-candidates.ts';
import { leaveForLater, settleOne } from './settle-one.ts';

/** Uploads that one listing of their account serves; those beyond are settled by the next pass. */
const MOST = 500;
/** A claim outlives the pass. */
const HOLD_MS = 15 * 60_000;
/** Files read back at once: each may be as large as the provider takes. */
const READ_AT_ONCE = 2;

const ACCOUNT_CHANGED =
  'ACCOUNT_CHANGED: the key changed, and nothing of ours has been seen through the new one';

/** What only a person can bring about is looked for again from time to time. */
async function leaveAll(
  deps: UpkeepDeps,
  uploads: readonly UnsettledUpload[],
  { error, pass }: { readonly error: string; readonly pass: UpkeepPass },
): Promise<void> {
  const waitMs = deps.settings.stuckRetryMs;
  for (const { uploadId, provider, candidates } of uploads) {
    await leaveOpen(deps.ledger, uploadId, { candidates, seen: false, error, waitMs });
    tellError(pass.told, `upload ${uploadId} at ${provider}: ${error}`);
  }
}

/** Those that were sent to an account of which the present key can speak; the others are left. */
async function spokenFor(
  deps: UpkeepDeps,
  { account, uploads }: { readonly account: FileAccount; readonly uploads: readonly UnsettledUpload[] },
  pass: UpkeepPass,
): Promise<readonly UnsettledUpload[]> {
  const own: UnsettledUpload[] = [];
  for (const [accountId, some] of Map.groupBy(uploads, (upload) => upload.accountId)) {
    if (await speaksFor(proofDeps(deps, account), accountId, pass.signal)) own.push(...some);
    else await leaveAll(deps, some, { error: ACCOUNT_CHANGED, pass });
  }
  return own;
}

async function settleAccount(
  deps: UpkeepDeps,
  { account, uploads }: { readonly account: FileAccount; readonly uploads: readonly UnsettledUpload[] },
  pass: UpkeepPass,
): Promise<void> {
  const own = await spokenFor(deps, { account, uploads }, pass);
  if (own.length === 0) return;
  const { uploadTimeoutMs } = deps.settings;
  const found = await findCandidates(proofDeps(deps, account), { uploads: own, uploadTimeoutMs }, pass);
  const limit = pLimit(READ_AT_ONCE);
  await Promise.all(
    own.map((upload) =>
      limit(async () => {
        // Its listing is of no use any more when the next pass comes to it.
        const over = pass.signal.aborted || performance.now() > pass.endsAt;
        if (over) return putOffUploads(deps.ledger, [upload.uploadId], 0);
        await settleOne(deps, { upload, account, candidates: found.get(upload.uploadId) ?? [] }, pass);
        pass.heartbeat();
      }),
    ),
  );
}

/** All unsettled uploads of one account: one complete listing serves them. */
async function settlePlace(
  deps: UpkeepDeps,
  uploads: readonly UnsettledUpload[],
  pass: UpkeepPass,
): Promise<void> {
  const [first] = uploads;
  if (first === undefined) return;
  const account = accountOf(deps, first);
  if (account === undefined) return leaveAll(deps, uploads, { error: notConfigured(first), pass });
  try {
    await settleAccount(deps, { account, uploads }, pass);
  } catch (error) {
    if (!(error instanceof ProviderFailure)) throw error;
    if (pass.signal.aborted) {
      const ids = uploads.map(({ uploadId }) => uploadId);
      return putOffUploads(deps.ledger, ids, 0);
    }
    for (const upload of uploads) {
      await leaveForLater(deps, { upload, candidates: undefined }, { failure: error, pass });
    }
  }
}

/** Finds out what became of uploads that nobody knows of, as far as they are due. */
export async function settleUploads(deps: UpkeepDeps, pass: UpkeepPass): Promise<void> {
  const due = await claimUnsettled(deps.ledger, { limit: MOST, holdMs: HOLD_MS });
  for (const uploads of Map.groupBy(due, ({ provider, baseUrl }) => `${provider} ${baseUrl}`).values()) {
    await settlePlace(deps, uploads, pass);
  }
}
