/** Every call is answered, in time, in the words of the contract. */
import type { Call, History } from '../history/read.ts';
import type { InvokeRecord } from '../history/contract.ts';
import type { Invariant, Violation } from './invariant.ts';
import { trackedBy } from './tracked.ts';

/** What a busy machine may add. */
const BUSY_MS = 1_500;
/** renew, files and release: their clients give up after 5 s. */
const QUICK_MS = 4_000;
/** Everything else that only asks the ledger. */
const PLAIN_MS = 8_000;
/** On top of the limit that a call brings itself. */
const MARGIN_MS = 1_000;

type Verb = InvokeRecord['verb'];

/** The time an upload's answer gets beside those of reception and upload. */
const UPLOAD_MARGIN_MS = 15_000;

function boundMs(verb: Verb, { acquireTimeoutSeconds, uploadTimeoutSeconds }: History['run']): number {
  const acquireMs = acquireTimeoutSeconds * 1000;
  if (verb === 'upload') return 2 * uploadTimeoutSeconds * 1000 + UPLOAD_MARGIN_MS;
  if (verb === 'acquire' || verb === 'register') return acquireMs + MARGIN_MS;
  return verb === 'renew' || verb === 'track' || verb === 'release' ? QUICK_MS : PLAIN_MS;
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly kind: string;
}

/** When the api was paused or dead: nobody can answer then. */
function silences(history: History): readonly Span[] {
  return history.troubles
    .filter(({ phase, kind }) => phase === 'begin' && /^(pause|kill) api$/.test(kind))
    .map(({ number, at, kind }) => {
      const end = history.troubles.find((other) => other.phase === 'end' && other.number === number);
      return { from: at, to: end?.at ?? Infinity, kind };
    });
}

function overlapMs(call: Call, span: Span): number {
  return Math.max(0, Math.min(call.end, span.to) - Math.max(call.begin, span.from));
}

const violation = (call: Call, what: string): Violation => ({
  what: `${call.verb} #${call.id} of ${call.client} ${what}`,
  at: call.end === Infinity ? call.begin : call.end,
  session: call.session,
  about: [],
});

export const answeredInBounds: Invariant = {
  name: 'answered-in-bounds',
  promise: 'Every call is answered within its bound, whatever is away.',
  check: ({ history }) => {
    const spans = silences(history);
    return history.calls.flatMap((call) => {
      const silentMs = spans.reduce((sum, span) => sum + overlapMs(call, span), 0);
      const limitMs = boundMs(call.verb, history.run) + BUSY_MS + silentMs;
      const tookMs = call.end - call.begin;
      if (tookMs <= limitMs) return [];
      return [violation(call, `took ${Math.round(tookMs)} ms, bound ${Math.round(limitMs)} ms`)];
    });
  },
};

const STATUSES: Readonly<Record<Verb, readonly number[]>> = {
  acquire: [200, 429, 502, 503, 504],
  renew: [200, 404, 409, 503],
  track: [200, 404, 409, 503],
  release: [202, 404, 409, 503],
  register: [200, 409, 429, 503, 504],
  protect: [200, 404, 503],
  unprotect: [200, 404, 503],
  look: [200, 404, 503],
  cleanup: [200, 503],
  upload: [200, 404, 409, 429, 502, 503, 504],
  drop: [200, 404, 409, 503],
  tidy: [200, 202, 409, 503],
};

/** How long before the kill is noted, and after the restart, a connection may break by it. */
const BREAKS_MS = 250;

export const answersInContract: Invariant = {
  name: 'answers-in-contract',
  promise: 'Every answer is one of the contract; a connection breaks only with the api.',
  check: ({ history }) => {
    const kills = silences(history).filter(({ kind }) => kind === 'kill api');
    return history.calls.flatMap((call) => {
      const { status, code, error } = call.answer;
      if (status === null) {
        const killed = kills.some(
          ({ from, to }) => call.begin < to + BREAKS_MS && call.end > from - BREAKS_MS,
        );
        return killed ? [] : [violation(call, `was not answered: ${error ?? 'nothing came'}`)];
      }
      return STATUSES[call.verb].includes(status)
        ? []
        : [violation(call, `was answered ${status} ${code ?? ''}`)];
    });
  },
};

export const oneCreate: Invariant = {
  name: 'one-create',
  promise: 'Of all who acquire a lease one at most is told that its store is new.',
  check: ({ history }) => {
    const first = new Map<string, number>();
    return history.calls.flatMap((call) => {
      const { leaseId, body, outcome } = call.answer;
      if (call.verb !== 'acquire' || outcome !== 'ok' || body['reused'] !== false || leaseId === null)
        return [];
      const other = first.get(leaseId);
      first.set(leaseId, other ?? call.id);
      return other === undefined
        ? []
        : [
            {
              ...violation(call, `was told reused:false, as #${other} was, of lease ${leaseId}`),
              about: [leaseId],
            },
          ];
    });
  },
};

export const fenced: Invariant = {
  name: 'fenced',
  promise: 'A call that names its lease is never answered for another one.',
  check: ({ history }) =>
    history.calls.flatMap((call) => {
      const { leaseId, outcome } = call.answer;
      if (call.verb === 'acquire' || call.fence === null || outcome !== 'ok' || leaseId === null) return [];
      if (leaseId === call.fence) return [];
      return [violation(call, `named lease ${call.fence} and was answered for ${leaseId}`)];
    }),
};

export const fullLeaseAnswered: Invariant = {
  name: 'full-lease-answered',
  promise: 'X-Lease-Seconds tells a full lease, rounded down.',
  check: ({ history }) =>
    history.calls.flatMap((call) => {
      const { leaseSeconds, outcome } = call.answer;
      if (outcome !== 'ok' || leaseSeconds === null) return [];
      const full = history.run.leaseSeconds;
      if (leaseSeconds >= full - 1 && leaseSeconds <= full) return [];
      return [violation(call, `was told ${leaseSeconds} s of ${full} s`)];
    }),
};

function texts(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export const trackedIsListed: Invariant = {
  name: 'tracked-is-listed',
  promise: 'Who acquires again is told everything that the lease tracks.',
  check: ({ history }) => {
    const ok = history.calls.filter(({ answer }) => answer.outcome === 'ok' && answer.leaseId !== null);
    const tracks = Map.groupBy(
      ok.filter((call) => trackedBy(call).length > 0),
      ({ answer }) => answer.leaseId,
    );
    return ok.flatMap((call) => {
      if (call.verb !== 'acquire') return [];
      const { body, leaseId } = call.answer;
      const listed = new Set([...texts(body['files']), ...texts(body['file_paths'])]);
      const before = (tracks.get(leaseId) ?? []).filter((track) => track.end < call.begin);
      const missing = before.flatMap(trackedBy).filter((entry) => !listed.has(entry));
      return missing.length === 0 ? [] : [violation(call, `was not told of ${missing.join(', ')}`)];
    });
  },
};
