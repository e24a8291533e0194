import { keptReason, type KeptFile, type ProvenFile } from '../domain/attached-files.ts';
import type { Db } from '../ledger/index.ts';
import { attachmentProof } from '../ledger/queries/account-listing.ts';
import {
  doomAttached,
  keepAllAttached,
  keepAttached,
  lockFoundFiles,
  type FoundFile,
} from '../ledger/queries/attached-files.ts';
import type { DrainState } from '../ledger/queries/drain-state.ts';
import { lockFiles } from '../ledger/queries/lock-files.ts';
import { markFiles } from '../ledger/queries/mark-files.ts';
import type { PassContext } from './contract.ts';
import { dateAttached } from './date-attached.ts';
import type { LeaseDeps } from './deps.ts';
import { lookThroughStores } from './look-through-stores.ts';
import { accountVerdict, type Verdict } from '../deletion/proof.ts';

/** Files decided on by one transaction: short enough for the ledger's time limit. */
const PAGE = 200;
/** A look through all stores says nothing for ever: files can be attached after it. */
const FRESH_MS = 10 * 60_000;

interface Decided {
  readonly kept: number;
  readonly doomed: number;
}

/** What stands in the way of deciding, and how many files are now to be deleted. */
export interface Settled {
  readonly obstacles: readonly Verdict[];
  readonly doomed: number;
}

type Holder = ProvenFile['heldBy'];

/** Locks the files as tracking does, and marks those that nobody holds; `held`: the others, and by whom. */
async function mark(
  deps: LeaseDeps,
  db: Db,
  fileIds: readonly string[],
): Promise<{ readonly keys: ReadonlyMap<string, string>; readonly held: ReadonlyMap<string, Holder> }> {
  const { provider, baseUrl } = deps.provider.account;
  const locked = await lockFiles(db, { provider, baseUrl, accountId: deps.accountId }, fileIds);
  const marked = await markFiles(
    db,
    locked.map((file) => file.fileKey),
  );
  const held = marked.filter((file) => !file.marked);
  return {
    keys: new Map(locked.map((file) => [file.fileId, file.fileKey])),
    held: new Map(held.map((file) => [file.fileId, file.heldByUpload ? 'upload' : 'another_lease'])),
  };
}

/** What the rule says of a file as far as it is known; undefined = delete it. */
function reasonOf(file: FoundFile, heldBy: Holder): KeptFile['reason'] | undefined {
  const { createdAtMs, attachedElsewhere, storeCreatedAtMs, leaseEndedAtMs: endedAtMs } = file;
  if (createdAtMs === null) return undefined;
  return keptReason({ createdAtMs, attachedElsewhere, heldBy }, { storeCreatedAtMs, endedAtMs });
}

function keptAmong(files: readonly FoundFile[], held: ReadonlyMap<string, Holder>): KeptFile[] {
  return files.flatMap((file) => {
    const reason = reasonOf(file, held.get(file.fileId) ?? null);
    return reason === undefined ? [] : [{ fileId: file.fileId, reason }];
  });
}

async function decidePage(
  deps: LeaseDeps,
  page: { readonly leaseId: string; readonly afterFileId: string; readonly proven: boolean },
): Promise<Decided & { readonly last: string | undefined }> {
  const { leaseId, afterFileId, proven } = page;
  const { accountId } = deps;
  return deps.ledger.transaction(async (db) => {
    const files = await lockFoundFiles(db, { leaseId, accountId, afterFileId, limit: PAGE });
    const kept = keptAmong(files, new Map());
    const spared = new Set(kept.map((file) => file.fileId));
    const wanted = proven
      ? files.filter((file) => file.createdAtMs !== null && !spared.has(file.fileId))
      : [];
    const { keys, held } = await mark(
      deps,
      db,
      wanted.map((file) => file.fileId),
    );
    kept.push(...keptAmong(wanted, held));
    const doomed = wanted.flatMap(({ fileId }) => {
      const fileKey = keys.get(fileId);
      return fileKey === undefined || held.has(fileId) ? [] : [{ fileId, fileKey }];
    });
    if (kept.length > 0) await keepAttached(db, leaseId, kept);
    if (doomed.length > 0) await doomAttached(db, leaseId, doomed);
    return { kept: kept.length, doomed: doomed.length, last: files.at(-1)?.fileId };
  });
}

/** Decides page by page; `proven` = it is known where else they are attached. Without it, only their age can speak. */
async function decide(deps: LeaseDeps, state: DrainState, proven: boolean): Promise<Decided> {
  let [kept, doomed] = [0, 0];
  let afterFileId: string | undefined = '';
  while (afterFileId !== undefined) {
    const page = await decidePage(deps, { leaseId: state.leaseId, afterFileId, proven });
    kept += page.kept;
    doomed += page.doomed;
    afterFileId = page.last;
  }
  if (kept + doomed > 0) {
    const fields = { session_id: state.sessionId, lease_id: state.leaseId, kept, to_delete: doomed };
    deps.log.info({ event: 'attached_files_settled', ...fields });
  }
  return { kept, doomed };
}

async function proofOf(deps: LeaseDeps, leaseId: string) {
  return attachmentProof(deps.ledger, { leaseId, accountId: deps.accountId, freshMs: FRESH_MS });
}

/**
 * Decides, once the lease's stores are proven gone, on each file that they held: it becomes an entry of the lease, to
 * be deleted as tracked ones are, or it is kept with a reason. Nothing found costs one statement.
 */
export async function settleAttached(
  deps: LeaseDeps,
  state: DrainState,
  context: PassContext,
): Promise<Settled> {
  const before = await proofOf(deps, state.leaseId);
  if (!before.undecided || before.storesLeft) return { obstacles: [], doomed: 0 };
  if (deps.settings.deleteAttachedFiles !== 'owned') {
    await keepAllAttached(deps.ledger, state.leaseId, 'setting');
    return { obstacles: [], doomed: 0 };
  }
  const obstacles = [...(await dateAttached(deps, state, context))];
  await decide(deps, state, false);
  const now = await proofOf(deps, state.leaseId);
  // Where all that is left has no age yet, no look through the stores can decide it.
  if (!now.undecided || !now.dated) return { obstacles, doomed: 0 };
  if (!now.proven) {
    const obstacle =
      (await accountVerdict(deps, state.accountId, context.signal)) ??
      (await lookThroughStores(deps, context));
    if (obstacle !== undefined) return { obstacles: [...obstacles, obstacle], doomed: 0 };
  }
  // Asked again: the stores may have been taken back into the drain meanwhile.
  const proven = await proofOf(deps, state.leaseId);
  if (!proven.proven || proven.storesLeft) return { obstacles, doomed: 0 };
  return { obstacles, doomed: (await decide(deps, state, true)).doomed };
}
