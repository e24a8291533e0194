import { Type } from 'typebox';
import { Text } from './parts.ts';

/** Both are kept with the lease and shown; longer texts are cut to 240 characters. */
const MAX_BYTES = 1_024;

export const ForceBody = Type.Object(
  {
    by: Text(MAX_BYTES, { minLength: 1, description: 'Who gives the resources up.' }),
    reason: Text(MAX_BYTES, { minLength: 1, description: 'Why.' }),
  },
  { examples: [{ by: 'alice', reason: 'the account is closed' }] },
);

export const ForceAnswer = Type.Object(
  {
    forced: Type.Array(
      Type.Object({
        lease_id: Type.String(),
        vector_store_ids: Type.Array(Type.String()),
        file_ids: Type.Array(Type.String()),
        may_have_more: Type.Boolean({
          description: 'A store may exist whose id was never learned; a sweep that meets it deletes it.',
        }),
      }),
      { description: 'What was given up of each stuck lease: it stays listed and is never deleted.' },
    ),
  },
  {
    description: 'The stuck leases are closed.',
    examples: [
      {
        forced: [
          {
            lease_id: '0198c1d2-7a3b-7c4d-8e5f-001122334455',
            vector_store_ids: ['vs_abc123'],
            file_ids: ['file-abc123'],
            may_have_more: false,
          },
        ],
      },
    ],
  },
);
