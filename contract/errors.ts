import { Type } from 'typebox';
import { ERROR_CODES, type ErrorCode } from '../domain/errors.ts';

/** Answers that are the same word for word whatever was asked. */
export const NOT_FOUND_BODY = JSON.stringify({ detail: 'Not Found' });
export const METHOD_NOT_ALLOWED_BODY = JSON.stringify({ detail: 'Method Not Allowed' });
export const SESSION_NOT_FOUND_BODY = JSON.stringify({ detail: ERROR_CODES.SESSION_NOT_FOUND });
export const NOT_AUTHENTICATED_BODY = JSON.stringify({ detail: 'Not authenticated' });

/** The answer to a body of more than `maxBytes`, in the words of the reference: its MB are 2^20 bytes. */
export function tooLargeBody(maxBytes: number): string {
  return JSON.stringify({
    error: 'request_too_large',
    message: `Request body too large. Maximum size is ${(maxBytes / 1_048_576).toFixed(1)}MB`,
    max_size_bytes: maxBytes,
  });
}

const example = (code: ErrorCode) => ({
  detail: ERROR_CODES[code],
  code,
  request_id: '3f0d7a52-6c1e-4f7b-9a55-0c2f6d1f4b11',
});

/** An error of the catalogue; `codes` are those that this status of a route can carry. */
export const ErrorAnswer = (...codes: readonly [ErrorCode, ...ErrorCode[]]) =>
  Type.Object(
    {
      detail: Type.String({ description: 'A sentence for people.' }),
      code: Type.Enum([...codes]),
      request_id: Type.String({ description: 'As in the header X-Request-Id.' }),
    },
    {
      description: codes.map((code) => `\`${code}\`: ${ERROR_CODES[code]}`).join('\n\n'),
      examples: codes.map(example),
    },
  );

export const SessionNotFoundAnswer = Type.Object(
  { detail: Type.String() },
  { description: 'The session has no live lease.', examples: [JSON.parse(SESSION_NOT_FOUND_BODY)] },
);

export const NotAuthenticatedAnswer = Type.Object(
  { detail: Type.String() },
  { description: 'The token is missing or wrong.', examples: [JSON.parse(NOT_AUTHENTICATED_BODY)] },
);

export const TooLargeAnswer = Type.Object(
  { error: Type.Literal('request_too_large'), message: Type.String(), max_size_bytes: Type.Integer() },
  {
    description: 'The body has more than `MAX_REQUEST_SIZE` bytes, whether it says how many or not.',
    // At the default of the setting.
    examples: [JSON.parse(tooLargeBody(10_485_760))],
  },
);

export const InvalidAnswer = Type.Object(
  {
    detail: Type.Array(
      Type.Object({
        type: Type.String({ description: 'What kind of fault.' }),
        loc: Type.Array(Type.Union([Type.String(), Type.Integer()]), {
          description: 'Where: body, path or query, then field names and list indices.',
        }),
        msg: Type.String(),
        input: Type.Any({ description: 'The refused value, or null where it is too large to repeat.' }),
        ctx: Type.Optional(Type.Record(Type.String(), Type.Any())),
      }),
    ),
  },
  {
    description: 'The request does not fit its schema.',
    examples: [
      { detail: [{ type: 'missing', loc: ['body', 'file_paths'], msg: 'Field required', input: {} }] },
    ],
  },
);
