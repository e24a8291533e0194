import { Type } from 'typebox';
import { Flag, STRICT } from './parts.ts';

export const FileRunQuery = Type.Object(
  {
    dry_run: Type.Optional(
      Flag('Mark nothing and report the same selection. Without it the run is no dry one: it cleans up now.'),
    ),
  },
  STRICT,
);

export const FileRunAnswer = Type.Object(
  {
    files_marked: Type.Integer({ description: 'Let go by this run or, in a dry run, would be.' }),
    files_deleted: Type.Integer({ description: 'Proven gone at the provider while the run lasted.' }),
    bytes_freed: Type.Integer(),
    errors: Type.Array(Type.String(), { description: 'The first hundred.' }),
    duration: Type.Number({ description: 'Seconds.' }),
  },
  {
    description: 'The run has ended.',
    examples: [{ files_marked: 3, files_deleted: 3, bytes_freed: 3_145_728, errors: [], duration: 1.25 }],
  },
);
