/** The public face of the dump: the whole ledger out of a database, and into an empty one. */
export type { DumpedTable, SequenceState } from './describe.ts';
export { withSnapshot, type LedgerSnapshot } from './snapshot.ts';
export { NotRestorableError, withEmptyLedger, type LedgerTarget } from './load.ts';
