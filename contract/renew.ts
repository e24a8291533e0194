import { Type } from 'typebox';

export const RenewAnswer = Type.Object(
  { status: Type.Literal('renewed') },
  { description: 'The lease lasts at least its full length from now.', examples: [{ status: 'renewed' }] },
);
