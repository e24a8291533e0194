import type { Db } from '../open.ts';

/** The first pause stands: whoever pauses again learns of it by reading. */
const PAUSE = {
  name: 'pause-deletions',
  text: `
UPDATE deletion_control SET paused_at = clock_timestamp(), paused_by = $1, paused_reason = $2
WHERE singleton AND paused_at IS NULL`,
};
/** Whoever resumes says that this is the cluster to delete from. */
const RESUME = {
  name: 'resume-deletions',
  text: `
UPDATE deletion_control SET paused_at = NULL, paused_by = NULL, paused_reason = NULL,
  system_identifier = coalesce($1, system_identifier)
WHERE singleton`,
};

/** Pauses deletions, unless they are paused already. */
export async function pauseDeletions(
  db: Db,
  pause: { readonly by: string; readonly reason: string },
): Promise<void> {
  await db.rows(PAUSE, [pause.by, pause.reason]);
}

/** Lifts whatever pause there is, and takes the cluster for the ledger's own. */
export async function resumeDeletions(db: Db, systemIdentifier: string | undefined): Promise<void> {
  await db.rows(RESUME, [systemIdentifier ?? null]);
}
