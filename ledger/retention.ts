import { trackedBy } from './holders.ts';

/**
 * The parts of a run over uploaded files, in the order in which they are carried out. `lapsed`: the provider drops the
 * file by itself. `leftover`: uploaded for leases, of which none is live. `unused`: held by nothing but the upload, and
 * for too long. `failed`: came to nothing, and is only history.
 */
export const RETENTION_PARTS = ['lapsed', 'leftover', 'unused', 'failed'] as const;
export type RetentionPart = (typeof RETENTION_PARTS)[number];

/** How the statements of a part find its uploads, as conditions on a row `u` of `provider_file_uploads`. */
export interface Selection {
  /** The rows of the partial index that a page goes by. */
  readonly rows: string;
  /** What they are beside their status, which a statement that goes by their ids takes as a parameter. */
  readonly own: string;
  /** The column by which that index is ordered. */
  readonly at: string;
  /** The index need not be read further than this. */
  readonly within: string;
  /** Whether such a row ends. */
  readonly due: string;
  /** Whether, of the rows that end, this is the last that holds its file: ended in their order, it has the file deleted. */
  readonly last: string;
}

/** Names of the statement's parameters: the states of a live lease, and the days of the part. */
export interface RetentionParameters {
  readonly states: string;
  readonly days: string;
}

const COMPLETED = `u.deleted_at IS NULL AND u.upload_status = 'completed'`;
const lapsed = (row: string) => `coalesce(${row}.expires_at <= now(), false)`;
const later = (at: string) => `(o.${at}, o.upload_id) > (u.${at}, u.upload_id)`;
const noOther = (condition: string) =>
  `NOT EXISTS (SELECT FROM provider_file_uploads o WHERE o.file_key = u.file_key AND o.upload_status = 'completed'
    AND o.upload_id <> u.upload_id AND (${condition}) OFFSET 0)`;
const before = (days: string) => `now() - ${days}::float8 * interval '1 day'`;

/** What a part selects. Whoever marks repeats `own`, `within` and `due` on rows whose files it has locked. */
export const SELECTIONS: Readonly<Record<RetentionPart, (parameters: RetentionParameters) => Selection>> = {
  lapsed: ({ states }) => ({
    rows: `${COMPLETED} AND u.expires_at IS NOT NULL`,
    own: 'u.expires_at IS NOT NULL',
    at: 'expires_at',
    within: 'u.expires_at <= now()',
    due: `NOT ${trackedBy('u.file_key', states)}`,
    last: noOther(`CASE WHEN ${lapsed('o')} THEN ${later('expires_at')} ELSE o.plain END`),
  }),
  leftover: ({ states }) => ({
    rows: `${COMPLETED} AND NOT u.plain`,
    own: 'NOT u.plain',
    at: 'last_used',
    within: 'u.last_used <= now()',
    due: `NOT ${lapsed('u')} AND NOT ${trackedBy('u.file_key', states)}`,
    last: noOther(`o.plain OR ${later('last_used')}`),
  }),
  // A lease that ended within the time used the file until then, whether its drain has come to tell so or not.
  unused: ({ states, days }) => ({
    rows: `${COMPLETED} AND u.plain`,
    own: 'u.plain',
    at: 'last_used',
    within: `u.last_used < ${before(days)}`,
    due: `NOT ${lapsed('u')} AND NOT EXISTS (SELECT FROM lease_entry e JOIN lease l USING (lease_id)
      WHERE e.file_key = u.file_key AND (l.state = ANY (${states}::text[]) OR l.ended_at >= ${before(days)}) OFFSET 0)`,
    last: noOther(`o.plain AND ${later('last_used')}`),
  }),
  failed: ({ days }) => ({
    rows: `u.deleted_at IS NULL AND u.upload_status = 'failed'`,
    own: 'NOT u.uncertain',
    at: 'created_at',
    within: `u.created_at < ${before(days)}`,
    due: 'NOT u.uncertain',
    last: 'false',
  }),
};
