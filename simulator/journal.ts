import { randomUUID } from 'node:crypto';
import type { Effect, JournalEntry, JournalPage } from './contract.ts';

/** Entries kept; older ones are forgotten in blocks of half of that. */
const MAX_ENTRIES = 200_000;

type Writable<T> = { -readonly [K in keyof T]: T[K] };
/** An entry that is still being written by its call. */
export type OpenEntry = Writable<JournalEntry>;
export type Arrival = Pick<
  JournalEntry,
  'operation' | 'method' | 'path' | 'query' | 'target' | 'lease' | 'key'
>;

/** What a call changed. */
export interface Changed {
  readonly effect: Effect;
  readonly target: string;
  readonly lease: string | null;
}

export interface Journal {
  readonly boot: string;
  readonly arrive: (arrival: Arrival) => OpenEntry;
  readonly effect: (entry: OpenEntry, changed: Changed) => void;
  /** Only the first answer of an entry counts. */
  readonly answer: (entry: OpenEntry, status: JournalEntry['status']) => void;
  /** Entries with a higher `seq`. */
  readonly page: (since: number) => JournalPage;
}

function newEntry(arrival: Arrival, seq: number): OpenEntry {
  return {
    ...arrival,
    seq,
    at_ms: Date.now(),
    effect: 'none',
    effect_seq: null,
    effect_at_ms: null,
    status: 'open',
    answered_at_ms: null,
    fault: null,
    sha256: null,
    bytes: null,
  };
}

export function openJournal(): Journal {
  const boot = randomUUID();
  let entries: OpenEntry[] = [];
  let forgotten = 0;
  let seq = 0;
  let effects = 0;
  return {
    boot,
    arrive: (arrival) => {
      const entry = newEntry(arrival, (seq += 1));
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) {
        forgotten += MAX_ENTRIES / 2;
        entries = entries.slice(MAX_ENTRIES / 2);
      }
      return entry;
    },
    effect: (entry, changed) => {
      Object.assign(entry, changed, { effect_seq: (effects += 1), effect_at_ms: Date.now() });
    },
    answer: (entry, status) => {
      if (entry.status !== 'open') return;
      entry.status = status;
      entry.answered_at_ms = Date.now();
    },
    page: (since) => {
      const first = Math.max(0, since - forgotten);
      return { boot, entries: entries.slice(first), last_seq: seq, forgotten };
    },
  };
}
