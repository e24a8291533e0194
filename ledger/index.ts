/** The public face of the ledger: how to open it. Statements are imported from `queries/` by name. */
export { openLedger, type Db, type Ledger, type LedgerOptions } from './open.ts';
export { againWhileAway } from './again-while-away.ts';
export { migrate, SchemaTooNewError } from './migrate.ts';
export { ensureInstallation, ensureAccount, TestModeMismatchError } from './queries/installation.ts';
export { dueForWake } from './queries/due-for-wake.ts';
export { unseeAll } from './queries/unsee-all.ts';
export { beat, heartbeatAgeMs } from './queries/heartbeat.ts';
export { recordPulse, type Outage } from './queries/pulse.ts';
export { leaseCounts, type LeaseCounts } from './queries/lease-counts.ts';
export { readNotices, writeNotice, type Notice } from './queries/notices.ts';
