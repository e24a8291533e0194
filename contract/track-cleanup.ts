import { Type, type Static } from 'typebox';
import { Text } from './parts.ts';

/** A billion files, a pebibyte, a week: what is more is a mistake, and would stay in the sums for ever. */
const MOST_FILES = 1_000_000_000;
const MOST_BYTES = 1_125_899_906_842_624;
const MOST_MS = 604_800_000;
const MAX_TIME_BYTES = 64;

const Count = (maximum: number, description: string) =>
  Type.Integer({ minimum: 0, maximum, description, 'x-strict': true });

export const TrackCleanupBody = Type.Object(
  {
    deleted_count: Count(MOST_FILES, 'Files deleted.'),
    freed_bytes: Count(MOST_BYTES, 'Bytes freed.'),
    checked_count: Count(MOST_FILES, 'Files looked at.'),
    errors: Count(MOST_FILES, 'Files that could not be read or deleted.'),
    duration_ms: Type.Number({ minimum: 0, maximum: MOST_MS, description: 'Fractions are allowed.' }),
    timestamp: Text(MAX_TIME_BYTES, {
      format: 'date-time',
      description: 'When the cleanup ended, ISO 8601; without a zone it is the local time of this service.',
    }),
  },
  {
    description: 'Further fields are ignored.',
    examples: [
      {
        ...{ deleted_count: 12, freed_bytes: 480_122, checked_count: 31, errors: 0, duration_ms: 8.4 },
        timestamp: '2027-01-10T02:00:00.123Z',
      },
    ],
  },
);
export type TrackCleanupBody = Static<typeof TrackCleanupBody>;

export const TrackCleanupAnswer = Type.Object(
  { status: Type.Literal('tracked') },
  { description: 'The report is counted.', examples: [{ status: 'tracked' }] },
);
