import type { LeaseState } from './lease.ts';

/** What can happen to a lease. `docs/architecture.md` shows the same table. */
export const LEASE_EVENTS = [
  'activate',
  'refuse',
  'give_up',
  'renew',
  'deadline',
  'release',
  'nuke',
  'store_lost',
  'proven_gone',
  'force',
] as const;
export type LeaseEvent = (typeof LEASE_EVENTS)[number];

/** The state after the event; `null` where the event does not apply and changes nothing. */
type Row = Readonly<Record<LeaseEvent, LeaseState | null>>;

/**
 * Total by type: a new state or event does not compile until every cell is decided. `refuse` closes at once
 * because a definite refusal made nothing that could leak.
 */
export const TRANSITIONS: Readonly<Record<LeaseState, Row>> = {
  provisioning: {
    activate: 'active',
    refuse: 'closed',
    give_up: 'draining',
    renew: null,
    deadline: null,
    release: 'draining',
    nuke: 'draining',
    store_lost: null,
    proven_gone: null,
    force: null,
  },
  active: {
    activate: null,
    refuse: null,
    give_up: null,
    renew: 'active',
    deadline: 'draining',
    release: 'draining',
    nuke: 'draining',
    store_lost: 'draining',
    proven_gone: null,
    force: null,
  },
  draining: {
    activate: null,
    refuse: null,
    give_up: null,
    renew: null,
    deadline: null,
    release: null,
    nuke: null,
    store_lost: null,
    proven_gone: 'closed',
    force: 'closed',
  },
  closed: {
    activate: null,
    refuse: null,
    give_up: null,
    renew: null,
    deadline: null,
    release: null,
    nuke: null,
    store_lost: null,
    proven_gone: null,
    force: null,
  },
};
