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

export interface Journal {
  arrive(arrival: Arrival): OpenEntry;
  effect(entry: OpenEntry, effect: Effect, target: string, lease: string | null): void;
  answer(entry: OpenEntry, status: JournalEntry['status']): void;
  page(since: number): JournalPage;
  readonly boot: string;
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
      const entry: OpenEntry = {
        ...arrival,
        seq: (seq += 1),
        at_ms: Date.now(),
        effect: 'none',
        effect_seq: null,
        effect_at_ms: null,
        status: 'open',
        answered_at_ms: null,
        fault: null,
      };
      entries.push(entry);
      if (entries.length > MAX_ENTRIES) {
        forgotten += MAX_ENTRIES / 2;
        entries = entries.slice(MAX_ENTRIES / 2);
      }
      return entry;
    },
    effect: (entry, effect, target, lease) => {
      entry.effect = effect;
      entry.effect_seq = effects += 1;
      entry.effect_at_ms = Date.now();
      entry.target = target;
      entry.lease = lease;
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
