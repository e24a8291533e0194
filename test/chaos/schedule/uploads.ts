import type { ProviderName } from '../../../domain/providers.ts';
import type { Chance } from '../random.ts';
import { copies, fence } from './clients.ts';
import type { ClientPlan, Content, Step, Wish } from './contract.ts';

/** Few enough to be uploaded by several at once, and again after they were dropped. */
const COMMON = 5;
/** Users that the clients upload for: several clients share one. */
const USERS = 4;
const MOST_UPLOADS = 5;

function content(chance: Chance, n: number): Content {
  const kind = chance.weighted<Content['kind']>([
    [6, 'common'],
    [3, 'own'],
    [2, 'namesake'],
  ]);
  return { kind, n: kind === 'common' ? chance.whole(0, COMMON - 1) : n };
}

function uploadWish(chance: Chance, n: number): Wish {
  const inSession = chance.is(0.4);
  const provider = chance.weighted<ProviderName | null>([
    [4, null],
    [3, 'openai'],
    [2, inSession ? null : 'kimi'],
    [1, inSession ? 'openai' : 'glm'],
  ]);
  const user = chance.whole(0, USERS - 1);
  return { verb: 'upload', content: content(chance, n), provider, user, inSession, fence: fence(chance) };
}

function dropWish(chance: Chance): Wish {
  return {
    verb: 'drop',
    which: chance.whole(0, 2),
    user: chance.is(0.85) ? null : chance.whole(0, USERS - 1),
  };
}

/** The plan with uploads and drops between its steps; the lease is asked for first. */
function uploadsOf(chance: Chance, plan: ClientPlan, place: number): ClientPlan {
  const steps: Step[] = [...plan.steps];
  let from = 1;
  for (let n = chance.whole(1, MOST_UPLOADS); n > 0; n -= 1) {
    const at = chance.whole(Math.min(from, steps.length), steps.length);
    const wish =
      from > 1 && chance.is(0.35) ? dropWish(chance) : uploadWish(chance, place * MOST_UPLOADS + n);
    steps.splice(at, 0, { afterMs: chance.whole(0, 400), wish, copiesAfterMs: copies(chance) });
    from = at + 1;
  }
  return { ...plan, steps };
}

/** Has every client upload now and then, and let go of what it was told of. */
export function withUploads(chance: Chance, clients: readonly ClientPlan[]): readonly ClientPlan[] {
  return clients.map((plan, place) => uploadsOf(chance, plan, place));
}

/** Has a few clients run the retention of uploads now and then. */
export function withTidying(chance: Chance, clients: readonly ClientPlan[]): readonly ClientPlan[] {
  return clients.map((plan) => {
    if (!chance.is(0.15)) return plan;
    const step: Step = { afterMs: 0, wish: { verb: 'tidy' }, copiesAfterMs: copies(chance) };
    return { ...plan, steps: plan.steps.toSpliced(chance.whole(1, plan.steps.length), 0, step) };
  });
}
