import { Type, type Static } from 'typebox';
import { PROVIDER_NAMES } from '../domain/providers.ts';
import { MAX_SESSION_ID_BYTES } from '../domain/session-id.ts';
import { ANONYMOUS, DELETION_REASONS, UPLOAD_STATUSES } from '../domain/upload.ts';
import { Flag, MAX_ENTRY_BYTES, NullableText, NullableTime, Text } from './parts.ts';

const MAX_PAGE = 200;
const DEFAULT_PAGE = 50;
/** A cursor holds a time and an id. */
const MAX_CURSOR_BYTES = 1_024;

const ProviderOf = (description: string) => Type.Optional(Type.Enum([...PROVIDER_NAMES], { description }));

export const FileParams = Type.Object({
  file_id: Text(MAX_ENTRY_BYTES, {
    description: "The provider's id of the file, percent-encoded.",
    examples: ['file-abc123'],
  }),
});

export const FilesQuery = Type.Object({
  status: Type.Optional(Type.Enum([...UPLOAD_STATUSES], { description: 'Only uploads in this state.' })),
  provider: ProviderOf('Only uploads to this provider.'),
  stuck: Type.Optional(
    Flag('Only uploads whose deletion keeps failing or that only a person can settle, or only the others.'),
  ),
  cursor: Type.Optional(Text(MAX_CURSOR_BYTES, { description: 'next_cursor of the page before.' })),
  limit: Type.Integer({
    minimum: 1,
    maximum: MAX_PAGE,
    default: DEFAULT_PAGE,
    description: 'Uploads a page.',
  }),
});

export const FileQuery = Type.Object({ provider: ProviderOf('Whose id it is, where several have it.') });

export const DropQuery = Type.Object({
  user_id: Type.Optional(
    Text(MAX_SESSION_ID_BYTES, {
      description: `Whose hold on the file ends; \`${ANONYMOUS}\` where absent or empty.`,
    }),
  ),
  ...FileQuery.properties,
});

const StuckMark = Type.Object({
  since: Type.String({ description: 'ISO 8601, UTC.' }),
  attempts: Type.Integer(),
  last_error: Type.String(),
  next_try_at: NullableTime('When it is tried again.'),
});

const Upload = Type.Object({
  upload_id: Type.String(),
  file_id: NullableText({ description: "The provider's id; null until the provider has answered." }),
  provider: Type.String(),
  status: Type.Enum([...UPLOAD_STATUSES], {
    description:
      '`pending`: nothing was sent yet. `uploading`: it is being sent, or its sender died. `completed`: the provider has it. `failed`: the provider does not have it. `deleted`: nobody holds it; it is gone once provider_deleted_at is set.',
  }),
  filename: Type.String(),
  size_bytes: Type.Integer(),
  sha256: Type.String(),
  mime_type: Type.String(),
  purpose: Type.String(),
  user_id: Type.String(),
  session_id: NullableText({ description: 'Of the first upload that named one.' }),
  plain: Type.Boolean({
    description: 'True: held until retention. False: only by the leases that track the file.',
  }),
  created_at: Type.String({ description: 'ISO 8601, UTC.' }),
  last_used: Type.String({
    description: 'The last upload of the content, tracking or attaching. ISO 8601, UTC.',
  }),
  dedupe_hits: Type.Integer({ description: 'Uploads that it answered without anything being sent.' }),
  deleted_at: NullableTime('When it was let go.'),
  deletion_reason: Type.Unsafe<(typeof DELETION_REASONS)[number] | null>({
    type: ['string', 'null'],
    description: `Why: ${DELETION_REASONS.join(', ')}.`,
  }),
  provider_deleted_at: NullableTime('When the file was proven gone at the provider.'),
  last_error: NullableText(),
  candidates: Type.Array(Type.String(), {
    description:
      'Files at the provider of which one may be this upload, and which only a person can tell apart.',
  }),
  stuck: Type.Union([StuckMark, Type.Null()], {
    description: 'Set while its deletion keeps failing, or where only a person can settle it.',
  }),
});
export type UploadBody = Static<typeof Upload>;

const example: UploadBody = {
  upload_id: '0198c1d2-7a3b-7c4d-8e5f-001122334455',
  file_id: 'file-abc123',
  provider: 'openai',
  status: 'completed',
  filename: 'report.pdf',
  size_bytes: 1_048_576,
  sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
  mime_type: 'application/pdf',
  purpose: 'assistants',
  user_id: 'alice',
  session_id: null,
  plain: true,
  created_at: '2026-01-01T12:00:00.000Z',
  last_used: '2026-01-01T12:30:00.000Z',
  dedupe_hits: 2,
  deleted_at: null,
  deletion_reason: null,
  provider_deleted_at: null,
  last_error: null,
  candidates: [],
  stuck: null,
};

export const FilesListAnswer = Type.Object(
  {
    uploads: Type.Array(Upload, { description: 'Newest first.' }),
    next_cursor: NullableText({ description: 'Null on the last page.' }),
  },
  { description: 'A page of uploads.', examples: [{ uploads: [example], next_cursor: null }] },
);

export const FileAnswer = Type.Object(
  {
    file_id: Type.String(),
    provider: Type.String(),
    uploads: Type.Array(Upload, { description: 'Everybody who holds it, or has; newest first.' }),
    lease_ids: Type.Array(Type.String(), { description: 'Live leases that track it.' }),
  },
  {
    description: 'The file, with everybody who holds it.',
    examples: [{ file_id: 'file-abc123', provider: 'openai', uploads: [example], lease_ids: [] }],
  },
);
export type FileAnswer = Static<typeof FileAnswer>;

export const DropAnswer = Type.Object(
  { status: Type.Literal('deleting') },
  {
    description: 'The hold has ended and nobody else holds the file: it is being deleted.',
    examples: [{ status: 'deleting' }],
  },
);
