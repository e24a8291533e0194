/** What a signal asks for. `leaseId` null: the sender named none, the workflow binds it to the lease in view. */
export type Wish =
  | { readonly kind: 'renew'; readonly leaseId: string | null; readonly seconds: number | null }
  | {
      readonly kind: 'track';
      readonly leaseId: string | null;
      readonly fileIds: readonly string[];
      readonly filePaths: readonly string[];
    }
  | {
      readonly kind: 'release';
      readonly leaseId: string | null;
      readonly reason: 'released' | 'cancelled';
    };

/** Undefined where the input means nothing: people type these signals by hand, so that must be harmless. */
type Parsed = Wish | undefined;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(input: unknown): Fields | undefined {
  if (input === undefined || input === null) return {};
  if (typeof input !== 'object' || Array.isArray(input)) return undefined;
  return input as Fields;
}

/** The lease id of an object: null where absent, undefined where it cannot be one. */
function leaseIdOf(fields: Fields): string | null | undefined {
  const value = fields['lease_id'];
  if (value === undefined || value === null) return null;
  return typeof value === 'string' && value.length > 0 ? value : undefined;
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value > 0;
}

function textsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  return value.every((entry): entry is string => typeof entry === 'string') ? value : undefined;
}

/** Nothing, a number of seconds, or `{ seconds?, lease_id? }`. */
export function parseRenew(input: unknown): Parsed {
  if (typeof input === 'number') {
    return isSeconds(input) ? { kind: 'renew', leaseId: null, seconds: input } : undefined;
  }
  const fields = fieldsOf(input);
  const leaseId = fields && leaseIdOf(fields);
  if (fields === undefined || leaseId === undefined) return undefined;
  const seconds = fields['seconds'] ?? null;
  if (seconds !== null && !isSeconds(seconds)) return undefined;
  return { kind: 'renew', leaseId, seconds };
}

/** A list of file ids, or `{ file_ids?, file_paths?, lease_id? }`. */
export function parseTrack(input: unknown): Parsed {
  const fields = Array.isArray(input) ? { file_ids: input } : fieldsOf(input);
  const leaseId = fields && leaseIdOf(fields);
  if (fields === undefined || leaseId === undefined) return undefined;
  const fileIds = textsOf(fields['file_ids']);
  const filePaths = textsOf(fields['file_paths']);
  if (fileIds === undefined || filePaths === undefined) return undefined;
  return { kind: 'track', leaseId, fileIds, filePaths };
}

/** Nothing, or `{ lease_id? }`. */
export function parseRelease(input: unknown): Parsed {
  const fields = fieldsOf(input);
  const leaseId = fields && leaseIdOf(fields);
  if (leaseId === undefined) return undefined;
  return { kind: 'release', leaseId, reason: 'released' };
}
