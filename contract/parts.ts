import { Type, type TSchemaOptions } from 'typebox';
import { MAX_SESSION_ID_BYTES } from '../domain/session-id.ts';

/** Most entries of one call to track files. */
export const MAX_ENTRIES_PER_CALL = 10_000;
/** Longest file id or path, in bytes of UTF-8. */
export const MAX_ENTRY_BYTES = 4_096;
/** Longest id of a vector store given to register; the providers' own are below 64 characters. */
export const MAX_STORE_ID_BYTES = 512;

/** A text of at most `maxBytes` of UTF-8, without NUL and lone surrogates. */
export const Text = (maxBytes: number, options: TSchemaOptions = {}) =>
  Type.String({ 'x-max-bytes': maxBytes, ...options });

const FLAG_WORDS =
  'Also accepted: 1, 0, and "true", "false", "1", "0", "yes", "no", "on", "off" in any case.';

/** A boolean as lenient as the contract says. */
export const Flag = (description: string, options: TSchemaOptions = {}) =>
  Type.Boolean({ description: `${description} ${FLAG_WORDS}`, ...options });

/** A text or null in an answer; one node, because a union costs the serialiser a validation. */
export const NullableText = (options: TSchemaOptions = {}) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], ...options });

/** A time in an answer, ISO 8601 in UTC, or null. */
export const NullableTime = (description: string) =>
  Type.Unsafe<string | null>({ type: ['string', 'null'], description: `${description} ISO 8601, UTC.` });

export const SessionParams = Type.Object({
  session_id: Text(MAX_SESSION_ID_BYTES, {
    description: `Any non-empty text of up to ${MAX_SESSION_ID_BYTES} bytes of UTF-8 without "/", percent-encoded.`,
    examples: ['0123456789abcdef'],
  }),
});

export const StoreId = Type.String({ description: 'Id of the vector store.', examples: ['vs_abc123'] });

/** Headers of answers that renewed a lease. */
export const LEASE_ANSWER_HEADERS = {
  'X-Lease-Id': { type: 'string', description: 'The lease.' },
  'X-Lease-Seconds': {
    type: 'integer',
    description: 'What is left of it, rounded down; absent for a protected lease.',
  },
};

/** Lets a caller say which lease it believes to hold. */
export const LeaseIdHeader = Type.Object({
  'x-lease-id': Type.Optional(
    Type.String({ description: 'Refuse (LEASE_REPLACED) where another lease of the session is live.' }),
  ),
});

/** Of a query that starts a job: a misspelt `dry_run` is refused, because without it the run would be a real one. */
export const STRICT = { additionalProperties: false } as const;

/** Of the backups' route, which takes none. */
export const NoQuery = Type.Object({}, STRICT);
