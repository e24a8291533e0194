import { Type, type Static } from 'typebox';
import { KEPT_REASONS } from '../domain/attached-files.ts';
import { END_REASONS, LEASE_STATES } from '../domain/lease.ts';
import { Flag, NullableText, NullableTime, Text } from './parts.ts';

const StuckMark = Type.Object({
  since: Type.String({ description: 'ISO 8601, UTC.' }),
  attempts: Type.Integer(),
  last_error: Type.String(),
  next_try_at: NullableTime('When deletion is tried again.'),
});

const Abandoned = Type.Object({
  lease_id: Type.String(),
  vector_store_ids: Type.Array(Type.String()),
  file_ids: Type.Array(Type.String()),
  by: Type.String(),
  reason: Type.String(),
  at: NullableTime('When the lease was closed.'),
});

const KeptFile = Type.Object({
  file_id: Type.String(),
  reason: Type.Enum([...KEPT_REASONS]),
});

const summary = {
  lease_id: Type.String(),
  session_id: Type.String(),
  state: Type.Enum([...LEASE_STATES]),
  vector_store_id: NullableText({ description: 'Null until the store is made.' }),
  registered: Type.Boolean({ description: 'The store was put under lease, not made by this service.' }),
  protected: Type.Boolean(),
  expires_at: NullableTime('The stored deadline; null for a protected lease.'),
  seconds_left: Type.Unsafe<number | null>({
    type: ['integer', 'null'],
    description: 'At most one lease; null for a protected lease.',
  }),
  created_at: Type.String({ description: 'ISO 8601, UTC.' }),
  renewed_at: NullableTime('The last renewal.'),
  ended_at: NullableTime('When the lease left the live states.'),
  end_reason: Type.Unsafe<(typeof END_REASONS)[number] | null>({
    type: ['string', 'null'],
    description: `Why it ended: ${END_REASONS.join(', ')}.`,
  }),
  workflow_id: Type.String({ description: 'The Temporal workflow that looks after the session.' }),
  workflow_url: NullableText({ description: 'Its page in the Temporal Web UI, where one is configured.' }),
  waits_for: NullableText({
    description: 'What a draining lease waits for although nothing failed, such as paused deletions.',
  }),
  stuck: Type.Union([StuckMark, Type.Null()], { description: 'Set while its deletions keep failing.' }),
};

const example = {
  lease_id: '0198c1d2-7a3b-7c4d-8e5f-001122334455',
  session_id: '0123456789abcdef',
  state: 'active',
  vector_store_id: 'vs_abc123',
  registered: false,
  protected: false,
  expires_at: '2026-01-01T13:00:00.000Z',
  seconds_left: 3_600,
  created_at: '2026-01-01T12:00:00.000Z',
  renewed_at: '2026-01-01T12:00:00.000Z',
  ended_at: null,
  end_reason: null,
  workflow_id: 'session/0123456789abcdef',
  workflow_url: 'http://127.0.0.1:8233/namespaces/default/workflows/session%2F0123456789abcdef',
  waits_for: null,
  stuck: null,
};

export const LeaseSummary = Type.Object(summary, { examples: [example] });
export type LeaseSummary = Static<typeof LeaseSummary>;

export const LeaseAnswer = Type.Object(
  {
    ...summary,
    files: Type.Array(Type.String(), {
      description: 'Ids posted as a bare list, in order of first tracking.',
    }),
    file_paths: Type.Array(Type.String(), { description: 'Tracked paths, in order of first tracking.' }),
    deleted_files: Type.Array(Type.String(), { description: 'File ids proven deleted.' }),
    abandoned: Type.Array(Abandoned, {
      description:
        'What was given up of this lease and of earlier ones of the session, and is not proven gone.',
    }),
    kept_files: Type.Array(KeptFile, {
      description: "Files that were only attached to the lease's store and were left alone.",
    }),
  },
  {
    description: 'The live lease of the session, else the newest.',
    examples: [
      {
        ...example,
        files: ['file-abc123'],
        file_paths: [],
        deleted_files: [],
        kept_files: [],
        abandoned: [],
      },
    ],
  },
);
export type LeaseAnswer = Static<typeof LeaseAnswer>;

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
/** A cursor holds a time and an id. */
const MAX_CURSOR_BYTES = 1_024;

export const SessionsQuery = Type.Object({
  state: Type.Optional(Type.Enum([...LEASE_STATES], { description: 'Only leases in this state.' })),
  stuck: Type.Optional(Flag('Only leases whose deletions keep failing, or only the others.')),
  abandoned: Type.Optional(Flag('Only leases of which something was given up, or only the others.')),
  cursor: Type.Optional(Text(MAX_CURSOR_BYTES, { description: 'next_cursor of the page before.' })),
  limit: Type.Integer({
    minimum: 1,
    maximum: MAX_PAGE,
    default: DEFAULT_PAGE,
    description: 'Leases a page.',
  }),
});

export const SessionsAnswer = Type.Object(
  {
    leases: Type.Array(LeaseSummary, { description: 'Newest first.' }),
    next_cursor: NullableText({ description: 'Null on the last page.' }),
  },
  { description: 'A page of leases.', examples: [{ leases: [example], next_cursor: null }] },
);
