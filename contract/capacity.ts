import { Type, type Static } from 'typebox';
import { NullableTime } from './parts.ts';

const count = (description: string) => Type.Integer({ description });
const countOrNull = (description: string) =>
  Type.Unsafe<number | null>({ type: ['integer', 'null'], description });

const Account = Type.Object({
  account_id: Type.Integer({ description: 'The account in the ledger: one for each key and base URL.' }),
  provider: Type.String(),
  base_url: Type.String(),
  limit: countOrNull('MAX_VECTOR_STORES; null = no limit.'),
  used: count('Places taken.'),
  free: countOrNull('Places left; null without a limit.'),
  live: count('Stores of leases in use, and those being made.'),
  draining: count('Stores being deleted, the stuck ones apart.'),
  stuck: count('Stores whose deletion keeps failing.'),
  unleased: count('Stores of this installation that no lease in use or draining holds.'),
  foreign: count('Stores of others, in the last sweep.'),
  foreign_counted: Type.Boolean({ description: 'Foreign stores take places (COUNT_FOREIGN_STORES).' }),
  next_deadline: NullableTime('The earliest deadline of a lease in use.'),
  usage_bytes: count('Bytes of all stores in the last sweep, foreign ones included.'),
  listed_at: NullableTime('When the last valid sweep began; null before the first.'),
  forecast: Type.Array(Type.Object({ within_seconds: Type.Integer(), leases: Type.Integer() }), {
    description: 'Leases in use that fall due within a time, unless they are renewed.',
  }),
});

export const CapacityAnswer = Type.Object(
  { accounts: Type.Array(Account, { description: 'Every account in use.' }) },
  {
    description: 'The places for vector stores.',
    examples: [
      {
        accounts: [
          {
            account_id: 1,
            provider: 'openai',
            base_url: 'https://api.openai.com/v1',
            limit: 100,
            used: 64,
            free: 36,
            live: 60,
            draining: 2,
            stuck: 0,
            unleased: 0,
            foreign: 2,
            foreign_counted: true,
            next_deadline: '2026-01-01T13:00:00.000Z',
            usage_bytes: 52_428_800,
            listed_at: '2026-01-01T12:00:00.000Z',
            forecast: [
              { within_seconds: 3_600, leases: 58 },
              { within_seconds: 86_400, leases: 60 },
            ],
          },
        ],
      },
    ],
  },
);
export type CapacityAnswer = Static<typeof CapacityAnswer>;
