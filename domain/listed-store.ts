/** What a store that the provider lists is to this ledger. */
export const LISTED_KINDS = [
  // A lease that is not closed holds it.
  'held',
  // Tagged with a lease that is being made or drained, and held by none: that lease settles it.
  'claimed',
  'deleting',
  // Proven deleted, and listed all the same.
  'deleted',
  'abandoned',
  'orphan',
  // Tagged by this installation with a lease that this ledger does not know.
  'ledger_lost',
  'foreign',
] as const;
export type ListedKind = (typeof LISTED_KINDS)[number];

/** Valid sweeps in a row that must have seen an orphan, or missed a store, before anything is done about it. */
export const SIGHTINGS_NEEDED = 2;
