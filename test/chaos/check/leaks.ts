/** Nothing leaks. */
import { TOLERANCE_MS, type Facts } from './facts.ts';
import { deletedAt, wasLiedTo } from './gone.ts';
import type { Invariant, Violation } from './invariant.ts';
import { leftUploads } from './uploads.ts';

/** Leases whose rest is on the list that a person can read. */
function stuckLeases({ history }: Facts): ReadonlySet<string> {
  return new Set(
    history.leases.filter(({ stuck, state }) => stuck && state === 'draining').map(({ leaseId }) => leaseId),
  );
}

function leftStores(facts: Facts): Violation[] {
  const { history } = facts;
  const stuck = stuckLeases(facts);
  const left = new Set(history.left.stores);
  const registered = history.calls
    .filter(({ verb, answer }) => verb === 'register' && answer.body['status'] === 'registered')
    .flatMap(({ store }) => store ?? []);
  const ours = new Set([...facts.created.map(({ target }) => target), ...registered]);
  return [...ours].flatMap((store) => {
    const lease = facts.leaseOfStore(store) ?? '';
    if (!left.has(store) || stuck.has(lease)) return [];
    const session = facts.sessionOf(lease) ?? null;
    return [
      {
        what: `store ${store} was left at the provider`,
        at: history.left.at,
        session,
        about: [store, lease],
      },
    ];
  });
}

function leftFiles(facts: Facts): Violation[] {
  const { history } = facts;
  const stuck = stuckLeases(facts);
  return history.left.files.flatMap((file) => {
    const holders = facts.holdersOf(file);
    const [lease] = holders;
    if (lease === undefined || holders.some((holder) => stuck.has(holder))) return [];
    const session = facts.sessionOf(lease) ?? null;
    return [
      { what: `file ${file} was left at the provider`, at: history.left.at, session, about: [file, lease] },
    ];
  });
}

/** A file's age is told in whole seconds: one of the lease's own first second may be taken for older. */
const OLD_ENOUGH_MS = 1_100;

/** Uploaded and attached by a client while its lease was certainly live, to this one store, and never tracked. */
function attachedFiles(facts: Facts): Violation[] {
  const { history } = facts;
  const stuck = stuckLeases(facts);
  const left = new Set(history.left.files);
  const known = new Set([...history.run.offered.files, ...history.calls.flatMap(({ files }) => files ?? [])]);
  return history.attachments.flatMap(({ ok, at, end, store, files: [file] }) => {
    if (!ok || file === undefined || known.has(file) || !left.has(file)) return [];
    const made = facts.created.find(({ target }) => target === store);
    if (made === undefined || facts.vanishedAt(store) < Infinity || stuck.has(made.lease)) return [];
    if (at < (made.effect_at_ms ?? Infinity) + OLD_ENOUGH_MS) return [];
    const sure = facts
      .promisesOf(made.lease)
      .some((one) => one.call.end < at && end < Math.min(one.until - TOLERANCE_MS, facts.mayEndAt(one)));
    const what = `file ${file}, attached to ${store}, was left at the provider`;
    const session = facts.sessionOf(made.lease) ?? null;
    return sure ? [{ what, at: history.left.at, session, about: [file, store, made.lease] }] : [];
  });
}

export const everythingDeleted: Invariant = {
  name: 'everything-deleted-or-stuck',
  promise:
    'Every store, tracked or uploaded file and file of its own store is deleted in the end, or on the stuck list.',
  check: (facts) => [
    ...leftStores(facts),
    ...leftFiles(facts),
    ...attachedFiles(facts),
    ...leftUploads(facts),
  ],
};

export const drainedInTheEnd: Invariant = {
  name: 'drained-in-the-end',
  promise: 'When nothing is wrong any more, every lease that ended is closed.',
  check: ({ history }) =>
    history.left.drained
      ? []
      : history.leases
          .filter(({ state }) => state !== 'closed')
          .map(({ leaseId, session, state, lastError }) => ({
            what: `lease ${leaseId} is still ${state}${lastError === null ? '' : ` (${lastError})`}`,
            at: history.left.at,
            session,
            about: [leaseId],
          })),
};

/** A create that took effect only later is for the sweep to find. */
export const closedMeansGone: Invariant = {
  name: 'closed-means-gone',
  promise: 'A lease is closed only when everything it held is gone.',
  check: (facts) =>
    facts.history.leases.flatMap(({ leaseId, session, closedAt, stores, files }) => {
      if (closedAt === null) return [];
      const made = facts.created.filter(
        ({ lease, effect_at_ms: at }) => lease === leaseId && (at ?? Infinity) < closedAt,
      );
      const spared = (file: string): boolean =>
        facts.holdersOf(file).some((other) => other !== leaseId && facts.sessionOf(other) !== undefined);
      const held = [
        ...new Set([...stores, ...made.map(({ target }) => target)]),
        ...files.filter((file) => !spared(file)),
      ];
      const exists = new Set([...facts.history.run.offered.files, ...facts.history.run.offered.stores]);
      return held
        .filter((id) => exists.has(id) || made.some(({ target }) => target === id))
        .filter((id) => deletedAt(facts, id) > closedAt + TOLERANCE_MS && !wasLiedTo(facts, id))
        .map((id) => ({
          what: `lease ${leaseId} was closed while ${id} existed`,
          at: closedAt,
          session,
          about: [leaseId, id],
        }));
    }),
};
