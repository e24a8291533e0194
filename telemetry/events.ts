/** Names of log events that others may rely on, each logged as the field `event` beside its own fields. */
export const LOG_EVENTS = [
  'lease_acquired',
  'lease_reused',
  'lease_renewed',
  'files_tracked',
  'lease_expired',
  'lease_released',
  'drain_finished',
  'drain_failed',
  'lease_stuck',
  'deletions_paused',
  'store_adopted',
  'claim_taken_over',
  'outage_over',
  'capacity_refused',
] as const;
export type LogEvent = (typeof LOG_EVENTS)[number];
