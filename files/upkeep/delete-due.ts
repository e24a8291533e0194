import pLimit from 'p-limit';
import { deletionsPaused } from '../../deletion/deletions.ts';
import { attempt, type Verdict } from '../../deletion/proof.ts';
import { claimDueFiles, type DueFile } from '../../ledger/queries/upkeep-claim-files.ts';
import { filesHeldBack, giveFilesBack } from '../../ledger/queries/upkeep-file-tries.ts';
import { filesPaused } from '../../ledger/queries/upkeep-paused.ts';
import { accountOf, notConfigured, proofDeps, type Place } from './account-of.ts';
import type { UpkeepDeps, UpkeepPass } from './deps.ts';
import { recordVerdict } from './record-verdict.ts';

/** Files claimed at once, for each that is deleted at once: few enough to be done before the claim ends. */
const CLAIMED_EACH = 10;
/** A claim outlives the tries it is for; what it was for a process that died comes back then. */
const HOLD_MS = 3 * 60_000;
/** Stores of leases go first: a storm of deadlines may take that long to pass. */
const LONGEST_PATIENCE_MS = 30_000;
/** Whoever lifts a pause wakes what waits for it; this is for a wake that is lost. */
const PAUSED_WAIT_MS = 5 * 60_000;
/** Files told at once that they wait for the end of a pause. */
const PAUSED_BATCH = 500;

type HeldBack = Extract<Verdict, { kind: 'held_back' }>;

/** Where nothing is sent any more in this pass: everywhere by a pause, to one place by its limits. */
interface Stops {
  paused: boolean;
  readonly places: (Place & { readonly why: HeldBack })[];
}

function stopOf({ places }: Stops, file: DueFile): HeldBack | undefined {
  return places.find((place) => place.provider === file.provider && place.baseUrl === file.baseUrl)?.why;
}

async function tryOne(deps: UpkeepDeps, file: DueFile, pass: UpkeepPass): Promise<Verdict> {
  const account = accountOf(deps, file);
  if (account === undefined) {
    const [reason, message] = ['not_configured', notConfigured(file)];
    return { kind: 'failed', reason, message, retryAfterMs: undefined, stuckNow: true };
  }
  const { signal } = pass;
  const patienceMs = Math.max(0, Math.min(LONGEST_PATIENCE_MS, pass.endsAt - performance.now()));
  const options = { deadlineMs: deps.settings.providerDeadlineMs, signal, patienceMs };
  const run = () => account.provider.deleteFile(file.fileId, options);
  return attempt(proofDeps(deps, account), file, { signal, run, thing: { kind: 'file', id: file.fileId } });
}

/** False: it was left for another pass. */
async function deleteOne(
  deps: UpkeepDeps,
  { file, stops }: { readonly file: DueFile; readonly stops: Stops },
  pass: UpkeepPass,
): Promise<boolean> {
  const over = stops.paused || pass.signal.aborted || performance.now() > pass.endsAt;
  if (over || stopOf(stops, file) !== undefined) return false;
  const verdict = await tryOne(deps, file, pass);
  // A call that was broken off because the process stops says nothing.
  if (verdict.kind === 'failed' && pass.signal.aborted) return false;
  if (verdict.kind === 'paused') stops.paused = true;
  if (verdict.kind === 'held_back' && stopOf(stops, file) === undefined)
    stops.places.push({ provider: file.provider, baseUrl: file.baseUrl, why: verdict });
  await recordVerdict(deps, { file, verdict }, pass);
  pass.heartbeat();
  return true;
}

/** What was claimed and not tried waits with the others of its place, or is due again at once. */
async function giveBack(deps: UpkeepDeps, left: readonly DueFile[], stops: Stops): Promise<void> {
  const due: string[] = [];
  for (const place of stops.places) {
    const keys = left.filter((file) => stopOf(stops, file) === place.why).map(({ fileKey }) => fileKey);
    if (keys.length > 0) await filesHeldBack(deps.ledger, keys, place.why);
  }
  for (const file of left) if (stopOf(stops, file) === undefined) due.push(file.fileKey);
  if (due.length > 0) await giveFilesBack(deps.ledger, due);
}

async function deleteBatch(
  deps: UpkeepDeps,
  files: readonly DueFile[],
  { stops, pass }: { readonly stops: Stops; readonly pass: UpkeepPass },
): Promise<void> {
  const limit = pLimit(deps.settings.fileConcurrency);
  const work = files.map((file) => limit(deleteOne, deps, { file, stops }, pass));
  const ends = await Promise.allSettled(work);
  const left = files.filter((_, index) => {
    const end = ends[index];
    return end?.status === 'fulfilled' && !end.value;
  });
  await giveBack(deps, left, stops);
  const broken = ends.find((end) => end.status === 'rejected');
  if (broken !== undefined) throw broken.reason;
}

/**
 * Deletes what is marked and due, as long as the pass has time. A file that fails holds back no other, nor does a
 * provider that is away: its files wait, and the others' go on. While deletions are paused nothing is sent.
 */
export async function deleteDue(deps: UpkeepDeps, pass: UpkeepPass): Promise<void> {
  const stops: Stops = { paused: (await deletionsPaused(deps.ledger)) !== undefined, places: [] };
  const limit = CLAIMED_EACH * deps.settings.fileConcurrency;
  while (!stops.paused && performance.now() < pass.endsAt) {
    pass.signal.throwIfAborted();
    const files = await claimDueFiles(deps.ledger, { limit, holdMs: HOLD_MS, not: stops.places });
    if (files.length === 0) return;
    await deleteBatch(deps, files, { stops, pass });
  }
  if (stops.paused) await filesPaused(deps.ledger, { waitMs: PAUSED_WAIT_MS, limit: PAUSED_BATCH });
}
