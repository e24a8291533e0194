import { setTimeout as sleep } from 'node:timers/promises';
import { ServiceError } from '../domain/errors.ts';
import { lookForContent, type Sight } from '../ledger/queries/upload-look.ts';
import { noneLeft, type Attempt } from './attempts.ts';
import type { Call, Candidate, Obtained, UploadDeps } from './call.ts';
import { lead } from './lead.ts';
import { createPauses } from './pauses.ts';
import { takeHit } from './take-hit.ts';
import { verifyHit } from './verify-hit.ts';

/** Who waits looks again after so long at first: an upload takes longer than the counting of one. */
const FIRST_PAUSE_MS = { wait: 25, busy: 3 };
const LONGEST_PAUSE_MS = 250;

/** What an upload has found out so far. */
interface Search {
  /** Where equal content is looked for. */
  places: readonly Candidate[];
  /** Who was not yet asked to take it. */
  untried: readonly Candidate[];
  readonly attempts: Attempt[];
  /** Keys of files that the provider does not have, whatever the ledger says. */
  readonly gone: string[];
}

interface Seen extends Sight {
  readonly candidate: Candidate;
}

async function look(deps: UploadDeps, { request }: Call, search: Search): Promise<readonly Seen[]> {
  const { places, gone } = search;
  if (!deps.settings.dedupe) return [];
  const sights = await lookForContent(deps.ledger, places, { sha256: request.file.sha256, not: gone });
  return sights.flatMap((sight, n) => {
    const candidate = places[n];
    return candidate === undefined ? [] : [{ ...sight, candidate }];
  });
}

/** The first file that answers. `again`: something else has to be looked for now; `busy`: in a moment. */
async function answerOf(
  deps: UploadDeps,
  call: Call,
  of: { readonly search: Search; readonly seen: readonly Seen[] },
): Promise<Obtained | 'again' | 'busy' | undefined> {
  const { search, seen } = of;
  const found = seen.find(({ hit }) => hit !== null);
  if (found === undefined || found.hit === null) return undefined;
  const { candidate, hit } = found;
  const isFresh = hit.unseenForMs < deps.settings.verifyAfterMs;
  const verified = isFresh ? 'there' : await verifyHit(deps, call, { candidate, fileId: hit.fileId });
  if (verified === 'gone') {
    search.gone.push(hit.fileKey);
    return 'again';
  }
  if (verified !== 'there') {
    search.places = search.places.filter((place) => place !== candidate);
    setAside(search, candidate, verified);
    return 'again';
  }
  const taken = await takeHit(deps, call, isFresh ? hit : { ...hit, unseenForMs: 0 });
  if (taken === 'lost') return 'again';
  if (taken === 'busy') return taken;
  call.progress.provider = candidate.account.name;
  return { candidate, fileId: hit.fileId, deduplicated: true, lease: taken.lease };
}

function setAside(search: Search, candidate: Candidate, attempt: Attempt): void {
  search.untried = search.untried.filter((one) => one !== candidate);
  search.attempts.push(attempt);
}

/** Sends it to the next candidate, unless another upload of equal content is under way at one of those left. */
async function nextOf(
  deps: UploadDeps,
  call: Call,
  of: { readonly search: Search; readonly seen: readonly Seen[] },
): Promise<Obtained | 'again' | 'wait' | 'busy'> {
  const { search, seen } = of;
  const [candidate] = search.untried;
  if (candidate === undefined) throw noneLeft(search.attempts, call.request.provider !== null);
  const claims = seen.filter((one) => one.claimed && search.untried.includes(one.candidate));
  if (claims.some(({ silent }) => !silent)) return 'wait';
  const relieve = claims.some((claim) => claim.candidate === candidate);
  const led = await lead(deps, call, { candidate, relieve, gone: search.gone });
  if (led === 'again' || led === 'busy' || !('why' in led)) return led;
  setAside(search, candidate, led);
  return 'again';
}

/**
 * The file that answers the upload: one that is there, one that another upload of equal content makes meanwhile, or a
 * new one. A content is sent once, however many ask, as long as its sender is heard of. Throws what the last candidate
 * came to, and `UPLOAD_TIMEOUT`.
 */
export async function obtain(deps: UploadDeps, call: Call): Promise<Obtained> {
  const search: Search = { places: call.candidates, untried: call.candidates, attempts: [], gone: [] };
  // Neither connection nor lock is held in a pause.
  const pauses = {
    wait: createPauses(FIRST_PAUSE_MS.wait, LONGEST_PAUSE_MS),
    busy: createPauses(FIRST_PAUSE_MS.busy, LONGEST_PAUSE_MS),
  };
  while (call.time.leftMs() > 0) {
    const of = { search, seen: await look(deps, call, search) };
    const outcome = (await answerOf(deps, call, of)) ?? (await nextOf(deps, call, of));
    if (outcome === 'wait' || outcome === 'busy') {
      await sleep(Math.min(pauses[outcome](), call.time.leftMs()));
    } else if (outcome !== 'again') {
      return outcome;
    }
  }
  throw new ServiceError('UPLOAD_TIMEOUT');
}
