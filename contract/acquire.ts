import { Type } from 'typebox';
import { Flag, LEASE_ANSWER_HEADERS, StoreId } from './parts.ts';

export const AcquireBody = Type.Object(
  { protected: Type.Optional(Flag('A protected lease has no deadline.')) },
  { 'x-optional-body': true, examples: [{}, { protected: true }] },
);

export const AcquireAnswer = Type.Object(
  {
    vector_store_id: StoreId,
    reused: Type.Boolean({ description: 'False for the one call that made the store.' }),
    files: Type.Array(Type.String(), {
      description: 'Ids posted as a bare list, in order of first tracking.',
    }),
    file_paths: Type.Array(Type.String(), { description: 'Tracked paths, in order of first tracking.' }),
  },
  {
    description: 'The session has its vector store.',
    headers: LEASE_ANSWER_HEADERS,
    examples: [{ vector_store_id: 'vs_abc123', reused: false, files: [], file_paths: [] }],
  },
);
