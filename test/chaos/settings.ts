import type { Settings } from './rig/programs.ts';
import { LEASE_SECONDS } from './schedule/clients.ts';

/** An acquire that is not settled is answered 504. */
export const ACQUIRE_TIMEOUT_SECONDS = 5;

/** Fewer than the sessions would like to have: some are turned away when many drain at once. */
export const MAX_VECTOR_STORES = 14;

/** For the reception of a file, and again for its upload. */
export const UPLOAD_TIMEOUT_SECONDS = 3;

/**
 * Everything that takes minutes in the field takes a second or a few here, in the same proportions: a claim outlives
 * its create, a confirmation waits longer than an id takes to appear.
 */
export const SETTINGS: Settings = {
  LEASE_SECONDS,
  ACQUIRE_TIMEOUT_SECONDS,
  CLEANUP_WAIT_SECONDS: 1,
  PROVIDER_CREATE_TIMEOUT_SECONDS: 2,
  PROVIDER_TIMEOUT_SECONDS: 3,
  CLAIM_MARGIN_SECONDS: 1,
  CLAIM_GIVE_UP_SECONDS: 8,
  CONFIRM_GONE_SECONDS: 1,
  // Longer than a schedule: of what is old one wrong 404 is believed, and only the sweep would find a store again.
  YOUNG_OBJECT_SECONDS: 300,
  STUCK_AFTER_SECONDS: 5,
  STUCK_RETRY_MINUTES: 1,
  OUTBOX_POLL_SECONDS: 1,
  SWEEP_INTERVAL_SECONDS: 4,
  ORPHAN_MIN_AGE_SECONDS: 2,
  MAX_VECTOR_STORES,
  COUNT_FOREIGN_STORES: false,
  OUTAGE_GRACE_SECONDS: 2,
  UPLOAD_TIMEOUT: UPLOAD_TIMEOUT_SECONDS,
  MAX_CONCURRENT_UPLOADS: 4,
  LOG_LEVEL: 'info',
};
