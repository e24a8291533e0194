import { Type } from 'typebox';
import { LEASE_ANSWER_HEADERS } from './parts.ts';

export const RenewAnswer = Type.Object(
  { status: Type.Literal('renewed') },
  {
    description: 'The lease lasts at least its full length from now.',
    headers: LEASE_ANSWER_HEADERS,
    examples: [{ status: 'renewed' }],
  },
);
