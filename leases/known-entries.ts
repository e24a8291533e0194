import { hash } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A few hundred bytes each. */
const MOST_LISTS = 5_000;
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
  /** The lease that tracks all of this, as far as is known; it may have ended. */
  leaseOf(tracking: Tracking): string | undefined;
  remember(tracking: Tracking, leaseId: string): void;
}

/** One for each process. */
export function createKnownEntries(): KnownEntries {
  const leases = new LRUCache<string, string>({ max: MOST_LISTS });
  return {
    leaseOf: (tracking) => (isShort(tracking) ? leases.get(keyOf(tracking)) : undefined),
    remember: (tracking, leaseId) => {
      if (isShort(tracking)) leases.set(keyOf(tracking), leaseId);
    },
  };
}

function isShort({ fileIds, filePaths }: Tracking): boolean {
  return fileIds.length + filePaths.length <= FEW_ENTRIES;
}

function keyOf({ sessionId, fileIds, filePaths }: Tracking): string {
  return hash('sha256', JSON.stringify([sessionId, fileIds, filePaths]), 'base64');
}
