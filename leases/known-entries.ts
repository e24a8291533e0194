import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** With keys of at most a kilobyte about 5 MB. */
const MOST_LISTS = 5_000;
/** Characters up to which a list is its own key: hashing it would cost more than it saves. */
const SHORT_KEY = 1_000;
/** Entries of a list worth remembering: MCP servers send a few, again and again. */
const FEW_ENTRIES = 100;

/** What one call asks to be tracked. */
export interface Tracking {
  readonly sessionId: string;
  readonly fileIds: readonly string[];
  readonly filePaths: readonly string[];
}

/**
 * Which lists of entries a lease is known to track. A live lease never loses an entry, so that the knowledge is
 * good for as long as the statement that uses it is fenced by the lease.
 */
export interface KnownEntries {
  /** What the other two go by; `undefined` for a list too long to be remembered. */
  keyOf(tracking: Tracking): string | undefined;
  /** Changes when a connection to the ledger is opened: a statement that follows may see an older state. */
  epoch(): number;
  /** The lease that tracks all of this, as far as is known; it may have ended. */
  leaseOf(key: string): string | undefined;
  /** `epoch`: as it was before the ledger was asked. */
  remember(key: string, known: { readonly leaseId: string; readonly epoch: number }): void;
}

/**
 * One for each process. What is known is good for as long as `opened`, the number of connections to the ledger that
 * have been opened, stays the same: a ledger that was restored or failed over knows less than it did.
 */
export function createKnownEntries(opened: () => number): KnownEntries {
  const leases = new LRUCache<string, { readonly leaseId: string; readonly epoch: number }>({
    max: MOST_LISTS,
  });
  return {
    keyOf,
    epoch: opened,
    leaseOf: (key) => {
      const known = leases.get(key);
      return known?.epoch === opened() ? known.leaseId : undefined;
    },
    remember: (key, known) => {
      leases.set(key, known);
    },
  };
}

function keyOf({ sessionId, fileIds, filePaths }: Tracking): string | undefined {
  if (fileIds.length + filePaths.length > FEW_ENTRIES) return undefined;
  const text = JSON.stringify([sessionId, fileIds, filePaths]);
  return text.length <= SHORT_KEY ? text : hash('sha256', text, 'base64');
}
