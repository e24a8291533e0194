/**
 * Why nothing was restored. `unknown_backup`: no finished backup has that name. `in_use`: others have the database
 * open, or nobody can tell. `damaged`: the backup is not what it was. `not_restorable`: the ledger's database is not
 * an empty one of the same schema. `not_configured`: there is no such database, or it is not ours to restore.
 */
const REFUSALS = ['unknown_backup', 'in_use', 'damaged', 'not_restorable', 'not_configured'] as const;
export type RestoreRefusal = (typeof REFUSALS)[number];

export class RestoreError extends Error {
  /** Also what crosses over from a thread. */
  readonly code: RestoreRefusal;
  constructor(code: RestoreRefusal, message: string) {
    super(message);
    this.name = 'RestoreError';
    this.code = code;
  }
}

export function isRefusal(code: string | undefined): code is RestoreRefusal {
  return REFUSALS.some((refusal) => refusal === code);
}
