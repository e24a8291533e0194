import { Type } from 'typebox';
import { Flag, MAX_STORE_ID_BYTES, Text } from './parts.ts';

export const RegisterBody = Type.Object(
  {
    vector_store_id: Text(MAX_STORE_ID_BYTES, { minLength: 1, description: 'An existing vector store.' }),
    protected: Flag('A protected lease has no deadline.', { default: true }),
  },
  { examples: [{ vector_store_id: 'vs_abc123', protected: true }] },
);

export const RegisterAnswer = Type.Object(
  {
    status: Type.Enum(['registered', 'already_registered']),
    existing_store_id: Type.Optional(
      Type.String({ description: 'With already_registered: the store that the session has.' }),
    ),
  },
  {
    description: 'The store is under lease, or the session already has a live lease.',
    examples: [{ status: 'registered' }, { status: 'already_registered', existing_store_id: 'vs_def456' }],
  },
);
