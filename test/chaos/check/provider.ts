/** What is done at the provider beside deleting what ended. */
import type { ProviderRecord } from '../history/contract.ts';
import type { Facts } from './facts.ts';
import { deletedAt, wasLiedTo } from './gone.ts';
import type { Invariant } from './invariant.ts';

/** Clients attach files themselves; nobody takes one out again. */
const CHANGES: readonly string[] = ['update_store', 'delete_store', 'delete_file', 'detach_file'];

/** Never registered or tracked, not even by a call whose outcome nobody knows. */
function strangers({ history }: Facts): ReadonlySet<string> {
  const { foreign, offered } = history.run;
  const given = new Set(
    history.calls
      .filter(({ answer }) => answer.outcome !== 'fail')
      .flatMap(({ verb, store, files }) =>
        verb === 'register' && store !== undefined ? [store] : (files ?? []),
      ),
  );
  const kept = [...offered.stores, ...offered.files].filter((id) => !given.has(id));
  return new Set([...foreign.stores, ...foreign.files, ...kept]);
}

export const foreignUntouched: Invariant = {
  name: 'foreign-untouched',
  promise: 'What the service was never given is neither changed nor deleted.',
  check: (facts) => {
    const foreign = strangers(facts);
    const left = new Set([...facts.history.left.stores, ...facts.history.left.files]);
    const touched = facts.history.provider.filter(
      ({ operation, target }) => target !== null && foreign.has(target) && CHANGES.includes(operation),
    );
    return [
      ...touched.map(({ operation, target, at }) => ({
        what: `${operation} was sent for ${target ?? ''}, which is not ours`,
        at,
        session: null,
        about: [target ?? ''],
      })),
      ...[...foreign]
        .filter((id) => !left.has(id))
        .map((id) => ({
          what: `${id}, which is not ours, is gone`,
          at: facts.history.left.at,
          session: null,
          about: [id],
        })),
    ];
  },
};

/** A listing that was under way, or just over, when the first store came into being, cannot have shown it. */
const LOOK_TO_CREATE_MS = 4_000;

function mayHaveMissed(facts: Facts, first: ProviderRecord, second: ProviderRecord): boolean {
  const bornAt = first.effect_at_ms ?? Infinity;
  if (first.fault === 'appear_late' || second.at <= bornAt) return true;
  return facts.history.provider.some(
    (entry) =>
      entry.operation === 'list_stores' &&
      entry.at < second.at &&
      (entry.fault === null
        ? entry.at <= bornAt && entry.at > bornAt - LOOK_TO_CREATE_MS
        : entry.at > bornAt - LOOK_TO_CREATE_MS),
  );
}

export const adoptsWhatIsThere: Invariant = {
  name: 'adopts-what-is-there',
  promise: 'Who takes a claim over looks for its store before another one is made.',
  check: (facts) =>
    [...Map.groupBy(facts.created, ({ lease }) => lease)].flatMap(([lease, creates]) =>
      creates.flatMap((second, n) => {
        const first = creates.slice(0, n).find(({ target }) => deletedAt(facts, target) > second.at);
        if (first === undefined || mayHaveMissed(facts, first, second)) return [];
        const what = `a second store ${second.target} was made for lease ${lease} beside ${first.target}`;
        const session = facts.sessionOf(lease) ?? null;
        return [{ what, at: second.at, session, about: [lease, first.target, second.target] }];
      }),
    ),
};

/** A lease whose create was uncertain may have made more than the place it was given. */
export const capacityKept: Invariant = {
  name: 'capacity-kept',
  promise: 'The account never holds more stores of ours than MAX_VECTOR_STORES.',
  check: (facts) => {
    const { storeLimit } = facts.history.run;
    return facts.created.flatMap(({ target, lease, effect_at_ms: at }) => {
      if (at === null) return [];
      const there = facts.created.filter(
        (one) =>
          (one.effect_at_ms ?? Infinity) <= at &&
          deletedAt(facts, one.target) > at &&
          !wasLiedTo(facts, one.target),
      );
      const leases = new Set(there.map((one) => one.lease));
      if (leases.size <= storeLimit) return [];
      const what = `store ${target} was made as the ${leases.size}th, the limit is ${storeLimit}`;
      return [{ what, at, session: facts.sessionOf(lease) ?? null, about: [target, lease] }];
    });
  },
};

export const nobodyDiesAlone: Invariant = {
  name: 'nobody-dies-alone',
  promise: 'No process ends unless it is killed.',
  check: ({ history }) =>
    history.troubles
      .filter(({ kind }) => kind === 'death')
      .map(({ at, detail }) => ({
        what: `a process ended by itself: ${detail}`,
        at,
        session: null,
        about: [],
      })),
};
