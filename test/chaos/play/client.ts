import { pauseFor } from '../at.ts';
import { now } from '../clock.ts';
import type { Recorder } from '../history/recorder.ts';
import { contentOf } from '../schedule/contents.ts';
import type { ClientPlan, Fence, Wish } from '../schedule/contract.ts';
import { attachFile, type Pools } from './pools.ts';
import { request, type Answer, type Asked } from './request.ts';

export interface ClientWorld {
  readonly apiUrl: string;
  readonly recorder: Recorder;
  readonly pools: Pools;
  readonly simulatorUrl: string;
  readonly seed: number;
}

type Attach = Extract<Wish, { verb: 'attach' }>;
type Upload = Extract<Wish, { verb: 'upload' }>;
type Drop = Extract<Wish, { verb: 'drop' }>;

/** What a client was told. */
interface Told {
  /** Newest last, each once. */
  readonly leases: string[];
  store: string | null;
  /** Files that uploads were answered with, newest last. */
  readonly uploads: { readonly file: string; readonly user: string; readonly provider: string }[];
}

const userOf = (seed: number, n: number): string => `chaos-${seed}-user-${n}`;

function fenceOf(fence: Fence, told: Told): string | null {
  if (fence === 'none') return null;
  return told.leases.at(fence === 'own' ? -1 : -2) ?? null;
}

function askedUpload(base: Asked, wish: Upload, { told, seed }: Past): Asked {
  const { content, provider, inSession } = wish;
  const { filename, sha256 } = contentOf(seed, content);
  const fence = inSession ? fenceOf(wish.fence, told) : null;
  const user = userOf(seed, wish.user);
  return { ...base, fence, upload: { seed, content, filename, sha256, user, provider, inSession } };
}

/** Nothing where the client was told of no file yet. */
function askedDrop(base: Asked, wish: Drop, { told, seed }: Past): Asked | undefined {
  const chosen = told.uploads.at(-1 - wish.which) ?? told.uploads.at(-1);
  if (chosen === undefined) return undefined;
  const user = wish.user === null ? chosen.user : userOf(seed, wish.user);
  return { ...base, drop: { file: chosen.file, user, provider: chosen.provider } };
}

interface Past {
  readonly told: Told;
  readonly pools: Pools;
  readonly seed: number;
}

function asked(plan: ClientPlan, wish: Exclude<Wish, Attach>, past: Past): Asked | undefined {
  const base = { client: plan.name, session: plan.session, verb: wish.verb, fence: null };
  switch (wish.verb) {
    case 'acquire':
      return { ...base, protect: wish.protect };
    case 'renew':
      return { ...base, fence: fenceOf(wish.fence, past.told) };
    case 'track': {
      const files = wish.files.map((place) => past.pools.files[place] ?? '');
      return { ...base, fence: fenceOf(wish.fence, past.told), files, paths: wish.paths };
    }
    case 'release':
      return { ...base, fence: fenceOf(wish.fence, past.told), force: wish.force };
    case 'register':
      return { ...base, store: past.pools.stores[wish.store] ?? '', protect: wish.protect };
    case 'upload':
      return askedUpload(base, wish, past);
    case 'drop':
      return askedDrop(base, wish, past);
    case 'protect':
    case 'unprotect':
    case 'look':
    case 'cleanup':
    case 'tidy':
      return base;
  }
}

/** How often and how soon a client knocks again where nobody listens: an api starts in some seconds. */
const KNOCKS = 12;
const KNOCK_EVERY_MS = 300;

/** Asks until somebody listens: a refused connection is no answer. */
async function askPatiently(what: Asked, { apiUrl, recorder }: ClientWorld): Promise<Answer> {
  for (let knock = 1; ; knock += 1) {
    const answer = await request(apiUrl, what, recorder);
    if (answer.status !== null || answer.outcome !== 'fail' || knock === KNOCKS) return answer;
    await pauseFor(KNOCK_EVERY_MS);
  }
}

function remember(told: Told, { upload }: Asked, { leaseId, body }: Answer): void {
  const { file_id: file, provider } = body;
  if (upload !== undefined && typeof file === 'string' && typeof provider === 'string')
    told.uploads.push({ file, user: upload.user, provider });
  if (leaseId !== null && !told.leases.includes(leaseId)) told.leases.push(leaseId);
  if (typeof body['vector_store_id'] === 'string') told.store = body['vector_store_id'];
}

/** Past the service, so that only the history knows of it: what the product finds out it finds at the provider. */
async function attach(
  { name: client, session }: ClientPlan,
  { file }: Attach,
  { recorder, pools, simulatorUrl, told }: ClientWorld & { readonly told: Told },
): Promise<void> {
  if (told.store === null) return;
  const id = recorder.nextId();
  const at = now();
  const known = file === null ? null : (pools.files[file] ?? null);
  const done = await attachFile(simulatorUrl, told.store, known);
  const files = done.file === null ? [] : [done.file];
  recorder.write({
    type: 'attach',
    at,
    id,
    client,
    session,
    store: told.store,
    files,
    ok: done.attached,
    end: now(),
  });
}

/** Lives a client's life: one call after another, with copies beside them; then it never calls again. */
export async function liveAs(plan: ClientPlan, world: ClientWorld): Promise<void> {
  const { apiUrl, recorder, pools, seed } = world;
  const told: Told = { leases: [], store: null, uploads: [] };
  const copies: Promise<unknown>[] = [];
  await pauseFor(plan.startMs);
  for (const step of plan.steps) {
    await pauseFor(step.afterMs);
    const { wish } = step;
    if (wish.verb === 'attach') {
      await attach(plan, wish, { ...world, told });
      continue;
    }
    const what = asked(plan, wish, { told, pools, seed });
    if (what === undefined) continue;
    for (const afterMs of step.copiesAfterMs) {
      copies.push(pauseFor(afterMs).then(() => request(apiUrl, what, recorder)));
    }
    remember(told, what, await askPatiently(what, world));
  }
  await Promise.all(copies);
}
