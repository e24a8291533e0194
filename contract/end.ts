import { Type } from 'typebox';
import { Flag } from './parts.ts';

export const CleanupAnswer = Type.Object(
  { cleaned: Type.Integer({ description: 'Leases that were due and whose resources are proven gone.' }) },
  { description: 'Due leases were ended.', examples: [{ cleaned: 2 }] },
);

export const NukeQuery = Type.Object({
  registered: Type.Optional(Flag('Delete registered stores too, instead of only letting them go.')),
});

export const NukeAnswer = Type.Object(
  {
    sessions_deleted: Type.Integer(),
    vector_stores_deleted: Type.Integer(),
    message: Type.String(),
  },
  {
    description: 'Every lease was ended.',
    examples: [
      {
        sessions_deleted: 3,
        vector_stores_deleted: 3,
        message: 'Successfully nuked 3 sessions and 3 vector stores with all their files',
      },
    ],
  },
);

export const ReleaseQuery = Type.Object({
  force: Type.Optional(Flag('Release a protected lease too.')),
});

export const ReleaseAnswer = Type.Object(
  { status: Type.Literal('releasing') },
  {
    description: 'The lease has ended; its resources are being deleted.',
    examples: [{ status: 'releasing' }],
  },
);
