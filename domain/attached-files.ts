/** What becomes of a file that was attached to a lease's store and never tracked. Times are epoch milliseconds. */

/**
 * Why such a file is kept; `setting`: DELETE_ATTACHED_FILES said so before it was decided; `abandoned`: an operator gave
 * its lease up before that.
 */
export const KEPT_REASONS = [
  'created_before_lease',
  'created_after_lease',
  'attached_elsewhere',
  'held_by_another_lease',
  'held_by_upload',
  'setting',
  'abandoned',
] as const;
export type KeptReason = (typeof KEPT_REASONS)[number];

export interface KeptFile {
  readonly fileId: string;
  readonly reason: KeptReason;
}

/** The lease as its files know it. */
export interface LeaseSpan {
  /** When its store was made, by the provider's clock, which dates the files as well. */
  readonly storeCreatedAtMs: number;
  /** When it ended, by our clock. */
  readonly endedAtMs: number;
}

/**
 * How much later than the lease's end a file may have been created: our clock and the provider's may differ, and an
 * upload that was under way when the lease ended belongs to it. Nothing that is attached elsewhere is at stake.
 */
const AFTER_END_MS = 60_000;

/** Whether the file is from the time of the lease; else why it is not ours to delete. Providers tell whole seconds. */
export function ageReason(createdAtMs: number, lease: LeaseSpan): KeptReason | undefined {
  if (createdAtMs < lease.storeCreatedAtMs) return 'created_before_lease';
  if (createdAtMs > lease.endedAtMs + AFTER_END_MS) return 'created_after_lease';
  return undefined;
}

export interface ProvenFile {
  readonly createdAtMs: number;
  /** In a complete listing made after the deletion of the lease's stores. */
  readonly attachedElsewhere: boolean;
  /** Who else wants it: a live lease, or an upload by its own. */
  readonly heldBy: 'another_lease' | 'upload' | null;
}

/** Why a file is kept; undefined = it was made for this lease alone and nobody holds it: delete it. */
export function keptReason(file: ProvenFile, lease: LeaseSpan): KeptReason | undefined {
  const age = ageReason(file.createdAtMs, lease);
  if (age !== undefined) return age;
  if (file.attachedElsewhere) return 'attached_elsewhere';
  return file.heldBy === null ? undefined : `held_by_${file.heldBy}`;
}
