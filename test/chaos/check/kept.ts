/** Nothing in use is deleted, and who was answered with success is not turned away. */
import { TOLERANCE_MS, type Facts, type Promised } from './facts.ts';
import type { Invariant, Violation } from './invariant.ts';

const ms = (value: number): string => `${Math.round(value)} ms`;

/** Whether the promise held at that moment. */
function holdsAt(facts: Facts, promised: Promised, at: number): boolean {
  return at < promised.until - TOLERANCE_MS && at < facts.mayEndAt(promised);
}

function tooEarly(facts: Facts, target: string, at: number, promises: readonly Promised[]): Violation[] {
  const broken = promises.filter((promised) => holdsAt(facts, promised, at));
  const worst = broken.toSorted((a, b) => b.until - a.until)[0];
  if (worst === undefined) return [];
  const { call, leaseId, session, until } = worst;
  const early = until === Infinity ? 'while its lease was protected' : `${ms(until - at)} too early`;
  const what = `${target} was deleted ${early}: lease ${leaseId} had been promised by ${call.verb} #${call.id}`;
  return [{ what, at, session, about: [target, leaseId] }];
}

/** The request counts, whatever the provider made of it. */
export const ttlKept: Invariant = {
  name: 'ttl-kept',
  promise:
    'After a successful answer nothing of the lease is deleted for a full lease, unless it is released.',
  check: (facts) =>
    facts.history.provider.flatMap(({ operation, target, at }) => {
      if (target === null) return [];
      if (operation === 'delete_store') {
        const leaseId = facts.leaseOfStore(target);
        if (leaseId === undefined || !facts.isHandedOut(target, leaseId)) return [];
        return tooEarly(facts, target, at, facts.promisesOf(leaseId));
      }
      if (operation !== 'delete_file') return [];
      const promises = facts.holdersOf(target).flatMap((leaseId) => facts.promisesOf(leaseId));
      return tooEarly(facts, target, at, promises);
    }),
};

const ASKS_FOR_LIVE: readonly string[] = ['renew', 'track', 'protect', 'unprotect'];

/** Calls that say "there is no such lease" while it was promised to be there all the time. */
export const leaseKept: Invariant = {
  name: 'lease-kept',
  promise: 'For a full lease after a successful answer the lease is found, unless it is released.',
  check: (facts) =>
    facts.history.calls.flatMap((call) => {
      const { answer, fence, session } = call;
      if (!ASKS_FOR_LIVE.includes(call.verb) && call.upload?.inSession !== true) return [];
      if (answer.status !== 404 && answer.code !== 'LEASE_REPLACED') return [];
      const promised = facts.promises.find(
        (one) =>
          one.session === session &&
          (fence === null || fence === one.leaseId) &&
          one.call.end < call.begin &&
          holdsAt(facts, one, call.end),
      );
      if (promised === undefined) return [];
      const { leaseId } = promised;
      const what = `${call.verb} #${call.id} was answered ${answer.status} although ${promised.call.verb} #${promised.call.id} had promised lease ${leaseId}`;
      return [{ what, at: call.end, session, about: [leaseId] }];
    }),
};

/** From when to when a lease was certainly live, as one promise tells it. */
interface Lived {
  readonly promised: Promised;
  readonly from: number;
  readonly to: number;
}

function livesOf(facts: Facts): readonly Lived[] {
  return facts.promises
    .map((promised) => ({
      promised,
      from: promised.call.end,
      to: Math.min(promised.until - TOLERANCE_MS, facts.mayEndAt(promised)),
    }))
    .filter(({ from, to }) => from < to);
}

export const oneLiveStore: Invariant = {
  name: 'one-live-store',
  promise: 'A session has one live lease at most, and a lease one store.',
  check: (facts) => {
    const violations: Violation[] = [];
    for (const lives of Map.groupBy(livesOf(facts), ({ promised }) => promised.session).values()) {
      for (const one of lives) {
        const other = lives.find(
          ({ promised, from }) =>
            promised.leaseId !== one.promised.leaseId && from >= one.from && from < one.to,
        );
        if (other === undefined) continue;
        const { session, leaseId } = one.promised;
        const what = `leases ${leaseId} and ${other.promised.leaseId} were live at once`;
        violations.push({ what, at: other.from, session, about: [leaseId, other.promised.leaseId] });
        break;
      }
    }
    return [...violations, ...twoStores(facts)];
  },
};

function twoStores(facts: Facts): Violation[] {
  const told = new Map<string, string>();
  return facts.promises.flatMap(({ leaseId, store, session, call }) => {
    if (store === null) return [];
    const before = told.get(leaseId) ?? store;
    told.set(leaseId, before);
    if (before === store) return [];
    const what = `lease ${leaseId} was answered with store ${before} and with ${store}`;
    return [{ what, at: call.end, session, about: [leaseId, store, before] }];
  });
}

export const releasedStaysEnded: Invariant = {
  name: 'released-stays-ended',
  promise: 'A lease whose release was accepted is never answered for again.',
  check: (facts) =>
    facts.history.calls.flatMap((release) => {
      if (release.verb !== 'release' || release.answer.outcome !== 'ok') return [];
      const live = livesOf(facts).find(
        ({ promised, from, to }) =>
          promised.session === release.session &&
          from < release.begin &&
          // The release itself is what may end it; another one before it may have been faster.
          to >= Math.min(release.begin, release.end) &&
          promised.until - TOLERANCE_MS > release.end &&
          (release.fence === null || release.fence === promised.leaseId),
      );
      if (live === undefined) return [];
      const { leaseId } = live.promised;
      const after = facts.promisesOf(leaseId).find(({ call }) => call.begin > release.end);
      if (after === undefined) return [];
      const what = `${after.call.verb} #${after.call.id} was answered for lease ${leaseId} after release #${release.id}`;
      return [{ what, at: after.call.end, session: release.session, about: [leaseId] }];
    }),
};
