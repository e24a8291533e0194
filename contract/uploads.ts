import { Type, type Static } from 'typebox';
import { MAX_SESSION_ID_BYTES } from '../domain/session-id.ts';
import { ANONYMOUS } from '../domain/upload.ts';
import { LEASE_ANSWER_HEADERS, Text } from './parts.ts';
import { RequestInvalid } from './request-invalid.ts';
import { compileValidator } from './validator.ts';

/** A field of the form that is longer than this is not read to its end. */
export const MAX_FIELD_BYTES = 8_192;
/** What a form may have beside the bytes of its file: four fields, the headers of five parts, the boundaries. */
export const FORM_OVERHEAD_BYTES = 65_536;

/** Without examples: the page that shows this fills them in, and no try would name a session that exists. */
const Field = (description: string) => Type.Optional(Text(MAX_SESSION_ID_BYTES, { description }));

const fields = {
  purpose: Field('What the provider is to use it for; its own default where absent or empty.'),
  provider: Field('`openai`, `kimi` or `glm`; the service chooses where absent or empty.'),
  user_id: Field(
    `Whose upload it is, and whose quota it counts against; \`${ANONYMOUS}\` where absent or empty.`,
  ),
  session_id: Field(
    'A session with a live lease: the file is attached to its vector store, tracked by its lease, which this renews, and deleted with it. None where absent or empty.',
  ),
};
const Fields = Type.Object(fields);
export type UploadField = keyof Static<typeof Fields>;

/** The form; its fields may come before or after the file. */
export const UploadForm = Type.Object({
  file: Type.String({
    format: 'binary',
    contentMediaType: 'application/octet-stream',
    description: 'The file: exactly one part of this name, with a file name that has an accepted extension.',
  }),
  ...fields,
});

export const UploadAnswer = Type.Object(
  {
    file_id: Type.String({ description: "The provider's id of the file." }),
    provider: Type.String(),
    filename: Type.String(),
    size_bytes: Type.Integer(),
    sha256: Type.String({ description: 'Of the content, hexadecimal.' }),
    mime_type: Type.String(),
    deduplicated: Type.Boolean({ description: 'The provider had the content already; nothing was sent.' }),
    upload_duration_seconds: Type.Number({ description: 'From the end of the reception to this answer.' }),
  },
  {
    description: 'The provider has the file.',
    headers: LEASE_ANSWER_HEADERS,
    examples: [
      {
        file_id: 'file-abc123',
        provider: 'openai',
        filename: 'report.pdf',
        size_bytes: 1_048_576,
        sha256: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
        mime_type: 'application/pdf',
        deduplicated: false,
        upload_duration_seconds: 1.204,
      },
    ],
  },
);

const validate = compileValidator(Fields, 'body');

export function isUploadField(name: string): name is UploadField {
  return Object.hasOwn(fields, name);
}

/**
 * The value of a field, null where it is empty. {@link RequestInvalid} for a text that cannot be stored, or a value
 * that is none. A text that was no UTF-8 has the mark of that in it by now.
 */
export function readUploadField(name: UploadField, value: unknown): string | null {
  const broken = typeof value === 'string' && value.includes('\u{fffd}');
  const result = validate({ [name]: broken ? '\0' : value });
  if ('faults' in result) {
    throw new RequestInvalid(
      result.faults.map((fault) => ({ ...fault, input: broken ? null : fault.input })),
    );
  }
  return value === '' ? null : (value as string);
}
