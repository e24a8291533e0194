import type { Chance } from '../random.ts';
import type { ClientPlan, Fence, Step, Wish } from './contract.ts';

/** Seconds of a lease here: long enough to be renewed on a busy machine, short enough to run out often. */
export const LEASE_SECONDS = 3;
/** How long the clients are busy, as planned; what hangs makes it longer. */
const BUSY_MS = 11_000;
const SESSIONS = 14;
/** Share of the sessions that two programs use at once. */
const SHARED = 0.35;
/** Share of the files that any session may track: the others belong to one. */
const COMMON_FILES = 10;
const ATTACHABLE_FILES = 8;

interface Pools {
  readonly files: number;
  readonly stores: number;
  readonly leastCalls: number;
}

/** What a client draws from: its own files, and those that all have in common. */
interface Belongings {
  readonly files: readonly number[];
  readonly stores: readonly number[];
  /** Older than any lease, and never tracked. */
  readonly attachable: readonly number[];
}

/** Pauses: the next call of a burst, thinking, and a silence in which the lease may run out. */
function pauseMs(chance: Chance): number {
  return chance.weighted<() => number>([
    [4, () => chance.whole(0, 60)],
    [5, () => chance.whole(150, 900)],
    [2, () => chance.whole(1_000, LEASE_SECONDS * 1_000)],
    [1, () => LEASE_SECONDS * 1_000 + chance.whole(-150, 900)],
  ])();
}

/** Which lease a request names. */
export function fence(chance: Chance): Fence {
  return chance.weighted<Fence>([
    [5, 'none'],
    [4, 'own'],
    [1, 'stale'],
  ]);
}

function trackWish(chance: Chance, own: Belongings): Wish {
  const files = Array.from({ length: chance.whole(0, 3) }, () =>
    chance.is(0.3) ? chance.whole(0, COMMON_FILES - 1) : chance.pick(own.files),
  );
  const paths = files.length === 0 || chance.is(0.3) ? [`/results/${chance.whole(1, 9)}.json`] : [];
  return { verb: 'track', fence: fence(chance), files, paths };
}

function wish(chance: Chance, own: Belongings): Wish {
  return chance.weighted<() => Wish>([
    [7, () => ({ verb: 'acquire', protect: chance.is(0.06) })],
    [9, () => ({ verb: 'renew', fence: fence(chance) })],
    [7, () => trackWish(chance, own)],
    [2, () => ({ verb: 'release', fence: fence(chance), force: chance.is(0.15) })],
    [1, () => ({ verb: 'register', store: chance.pick(own.stores), protect: chance.is(0.3) })],
    [0.6, () => ({ verb: 'protect' })],
    [0.8, () => ({ verb: 'unprotect' })],
    [1, () => ({ verb: 'look' })],
    [1.5, () => ({ verb: 'attach', file: chance.is(0.7) ? null : chance.pick(own.attachable) })],
    [0.8, () => ({ verb: 'cleanup' })],
  ])();
}

/** Further copies of a request, by their delays. */
export function copies(chance: Chance): readonly number[] {
  if (!chance.is(0.12)) return [];
  return [chance.pick([0, 5, 200, 1_200]), ...(chance.is(0.3) ? [chance.whole(0, 2_500)] : [])];
}

/** A program: it acquires, and goes on with whatever comes to its mind until it dies. */
function clientPlan(chance: Chance, who: { name: string; session: string }, own: Belongings): ClientPlan {
  const steps: Step[] = [];
  const startMs = chance.whole(0, 2_500);
  const livesMs = chance.is(0.25) ? chance.whole(500, BUSY_MS / 2) : BUSY_MS - startMs;
  for (let atMs = 0; atMs < livesMs;) {
    const afterMs = steps.length === 0 ? 0 : pauseMs(chance);
    const first: Wish = chance.is(0.1)
      ? { verb: 'register', store: chance.pick(own.stores), protect: chance.is(0.3) }
      : { verb: 'acquire', protect: chance.is(0.08) };
    const next = steps.length === 0 ? first : wish(chance, own);
    steps.push({ afterMs, wish: next, copiesAfterMs: copies(chance) });
    atMs += afterMs + 30;
  }
  return { ...who, startMs, steps };
}

const callsOf = (clients: readonly ClientPlan[]): number =>
  clients
    .flatMap(({ steps }) => steps.filter(({ wish: { verb } }) => verb !== 'attach'))
    .reduce((sum, step) => sum + 1 + step.copiesAfterMs.length, 0);

/** As many programs as it takes to make enough calls, some of them two to a session. */
export function clientsOf(
  seed: number,
  chance: Chance,
  pools: Pools,
): { readonly clients: readonly ClientPlan[]; readonly endMs: number } {
  const clients: ClientPlan[] = [];
  const ownFiles = pools.files - COMMON_FILES - ATTACHABLE_FILES;
  const attachable = Array.from({ length: ATTACHABLE_FILES }, (_, place) => COMMON_FILES + ownFiles + place);
  for (let n = 0; n < SESSIONS || callsOf(clients) < pools.leastCalls; n += 1) {
    const files = [0, 1, 2].map((place) => COMMON_FILES + ((3 * n + place) % ownFiles));
    const stores = [n % pools.stores, (n + 1) % pools.stores];
    const session = `chaos-${seed}-${n}`;
    const programs = chance.is(SHARED) ? 2 : 1;
    for (let p = 0; p < programs; p += 1) {
      clients.push(
        clientPlan(chance, { name: `${n}${'ab'[p] ?? ''}`, session }, { files, stores, attachable }),
      );
    }
  }
  return { clients, endMs: BUSY_MS };
}
