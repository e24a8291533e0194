import { Type, type Static } from 'typebox';
import { LISTED_KINDS } from '../domain/listed-store.ts';
import { Flag, NullableText, NullableTime, Text } from './parts.ts';

const MAX_PAGE = 1_000;
const DEFAULT_PAGE = 100;
/** A cursor holds a store's id. */
const MAX_CURSOR_BYTES = 1_024;
const TIME = 'ISO 8601, UTC.';

const Report = Type.Object({
  run_id: Type.String(),
  dry_run: Type.Boolean({ description: 'It only looked.' }),
  valid: Type.Boolean({
    description: 'Whether the listing was believed; nothing is done on one that was not.',
  }),
  invalid_reason: NullableText({
    description:
      '`error`: the provider failed or its listing runs in circles. `half_missing`: fewer than half of the stores of the last valid listing. `missing_but_there`: the store of a live lease is not listed, and is there. `interrupted`: the run did not come to its end.',
  }),
  invalid_detail: NullableText(),
  started_at: Type.String({ description: TIME }),
  finished_at: NullableTime('Null while it runs.'),
  listed: Type.Integer({ description: 'Stores that the provider listed.' }),
  counts: Type.Record(Type.String(), Type.Integer(), {
    description: 'What was found, by kind of store, and what was done.',
  }),
  actions: Type.Array(
    Type.Object({
      store_id: Type.String(),
      lease_id: NullableText(),
      action: Type.Enum(['delete', 'end_lease', 'push_expiry']),
      why: Type.String(),
    }),
    { description: 'What was done or, in a dry run, would be; the first hundred of each step.' },
  ),
});
export type SweepReportBody = Static<typeof Report>;

const report = {
  run_id: '42',
  dry_run: true,
  valid: true,
  invalid_reason: null,
  invalid_detail: null,
  started_at: '2026-01-01T12:00:00.000Z',
  finished_at: '2026-01-01T12:00:01.500Z',
  listed: 12,
  counts: { held: 9, orphan: 1, foreign: 2, orphans_doomed: 1 },
  actions: [
    {
      store_id: 'vs_abc123',
      lease_id: '0198c1d2-7a3b-7c4d-8e5f-001122334455',
      action: 'delete' as const,
      why: 'orphan: its lease is closed',
    },
  ],
};

export const SweepQuery = Type.Object({
  dry_run: Type.Optional(
    Flag('Only look; the default. With false, also delete what a scheduled sweep would.'),
  ),
});

export const SweepAnswer = Type.Object(Report.properties, {
  description: 'The sweep has ended.',
  examples: [report],
});

export const OrphansQuery = Type.Object({
  kind: Type.Optional(Type.Enum([...LISTED_KINDS], { description: 'Only stores of this kind.' })),
  cursor: Type.Optional(Text(MAX_CURSOR_BYTES, { description: 'next_cursor of the page before.' })),
  limit: Type.Integer({
    minimum: 1,
    maximum: MAX_PAGE,
    default: DEFAULT_PAGE,
    description: 'Stores a page.',
  }),
});

const Stray = Type.Object({
  store_id: Type.String(),
  kind: Type.Enum([...LISTED_KINDS], {
    description:
      '`orphan`: its lease is closed or uses another store; it is deleted once two sweeps have seen it and it is old enough. `ledger_lost`: tagged by this installation with a lease that this ledger does not know; never deleted. `deleted`: proven deleted and listed all the same. `deleting`: a deletion that the sweep tries again. `abandoned`: given up by an operator. `foreign`: not tagged by this installation; never touched.',
  }),
  why: NullableText(),
  name: Type.String(),
  status: Type.String(),
  instance_id: NullableText({ description: 'Of its tag.' }),
  lease_id: NullableText({ description: 'Of its tag.' }),
  session_id: NullableText({ description: 'Of its tag.' }),
  created_at: Type.String({ description: `At the provider. ${TIME}` }),
  age_seconds: Type.Integer(),
  expires_at: NullableTime('When the provider drops it by itself.'),
  usage_bytes: Type.Integer(),
  sightings: Type.Integer({ description: 'Valid sweeps in a row that saw it as this kind.' }),
  first_seen_at: Type.String({ description: TIME }),
  last_error: NullableText({ description: 'Of the last try to delete it.' }),
});

export const OrphansAnswer = Type.Object(
  {
    last_run: Type.Union([Report, Type.Null()], { description: 'The last sweep that ended, valid or not.' }),
    counts: Type.Record(Type.String(), Type.Integer(), {
      description: 'All stores of the last valid listing, by kind.',
    }),
    stores: Type.Array(Stray, { description: 'Those that no lease looks after, by their ids.' }),
    next_cursor: NullableText({ description: 'Null on the last page.' }),
  },
  {
    description: 'A page of stores that no lease looks after.',
    examples: [
      {
        last_run: report,
        counts: { held: 9, orphan: 1, foreign: 2 },
        stores: [
          {
            store_id: 'vs_abc123',
            kind: 'orphan',
            why: 'its lease is closed',
            name: 'session_01234567',
            status: 'completed',
            instance_id: '0198c1d2-0000-7000-8000-001122334455',
            lease_id: '0198c1d2-7a3b-7c4d-8e5f-001122334455',
            session_id: '0123456789abcdef',
            created_at: '2026-01-01T10:00:00.000Z',
            age_seconds: 7_201,
            expires_at: '2026-01-08T10:00:00.000Z',
            usage_bytes: 0,
            sightings: 2,
            first_seen_at: '2026-01-01T11:55:01.000Z',
            last_error: null,
          },
        ],
        next_cursor: null,
      },
    ],
  },
);
