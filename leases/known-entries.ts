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
  /** The lease that tracks all of this, as far as is known; it may have ended. */
  leaseOf(key: string): string | undefined;
  remember(key: string, leaseId: string): void;
}

/**
 * One for each process. Forgets everything when `broken`, the number of connections to the ledger that broke, has
 * changed: a ledger that was restored or failed over knows less than it did.
 */
export function createKnownEntries(broken: () => number): KnownEntries {
  const leases = new LRUCache<string, string>({ max: MOST_LISTS });
  let brokenBefore = broken();
  return {
    keyOf,
    leaseOf: (key) => {
      const now = broken();
      if (now !== brokenBefore) leases.clear();
      brokenBefore = now;
      return leases.get(key);
    },
    remember: (key, leaseId) => {
      leases.set(key, leaseId);
    },
  };
}

function keyOf({ sessionId, fileIds, filePaths }: Tracking): string | undefined {
  if (fileIds.length + filePaths.length > FEW_ENTRIES) return undefined;
  const text = JSON.stringify([sessionId, fileIds, filePaths]);
  return text.length <= SHORT_KEY ? text : hash('sha256', text, 'base64');
}
