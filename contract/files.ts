import { Type, type Static } from 'typebox';
import { listTooLong } from './faults.ts';
import { LEASE_ANSWER_HEADERS, MAX_ENTRIES_PER_CALL, MAX_ENTRY_BYTES, Text } from './parts.ts';
import { RequestInvalid } from './request-invalid.ts';

const Entries = (description: string) =>
  Type.Array(Text(MAX_ENTRY_BYTES), { maxItems: MAX_ENTRIES_PER_CALL, description });

/** Older clients post ids as a bare list, newer ones paths in an object. */
export const FilesBody = Type.Union(
  [
    Entries('File ids.'),
    Type.Object({ file_paths: Entries('File paths.'), file_ids: Type.Optional(Entries('File ids.')) }),
  ],
  { examples: [['file-abc123'], { file_paths: ['/data/report.pdf'] }] },
);
export type FilesBody = Static<typeof FilesBody>;

export const FilesAnswer = Type.Object(
  { tracked: Type.Integer({ description: 'How many entries were new.' }) },
  {
    description: 'The entries belong to the lease, which was renewed.',
    headers: LEASE_ANSWER_HEADERS,
    examples: [{ tracked: 1 }],
  },
);

/** Both generations of body in one form. The limit of entries holds for a call, not for each list. */
export function filesOf(body: FilesBody): { fileIds: readonly string[]; filePaths: readonly string[] } {
  if (isList(body)) return { fileIds: body, filePaths: [] };
  const fileIds = body.file_ids ?? [];
  const entries = fileIds.length + body.file_paths.length;
  if (entries > MAX_ENTRIES_PER_CALL) {
    throw new RequestInvalid([listTooLong(['body', 'file_paths'], MAX_ENTRIES_PER_CALL, entries)]);
  }
  return { fileIds, filePaths: body.file_paths };
}

function isList(body: FilesBody): body is Extract<FilesBody, readonly string[]> {
  return Array.isArray(body);
}
