/** The kinds of settings, as the schema writes them down; `npm run config` and `.env.example` show the description. */
import { Type } from 'typebox';

/** 1 TiB, more than any provider takes as one file. */
const MAX_BYTES = 2 ** 40;

export const flag = (description: string) => Type.Boolean({ default: false, description });
export const flagOn = (description: string) => Type.Boolean({ default: true, description });
export const whole = (description: string, fallback: number, minimum: number, maximum: number) =>
  Type.Integer({ default: fallback, minimum, maximum, description });
export const bytes = (description: string, fallback: number) => whole(description, fallback, 1, MAX_BYTES);
export const decimal = (description: string, fallback: number, minimum: number, maximum: number) =>
  Type.Number({ default: fallback, minimum, maximum, description });
export const tokens = (description: string, fallback: number) => whole(description, fallback, 1, 100_000_000);
export const optionalText = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, description }));
/** `~` at its beginning is the home directory. */
export const optionalPath = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, description, path: true }));
export const secret = (description: string) =>
  Type.Optional(Type.String({ minLength: 1, description, secret: true }));
/** `wanted` completes the sentence about a value that does not match `pattern`. */
export const providerKey = (description: string) =>
  Type.Optional(
    Type.String({
      pattern: '^[\\x21-\\x7e]+$',
      wanted: 'must consist of characters that a header can carry',
      description,
      secret: true,
    }),
  );
export const text = (description: string, fallback: string) =>
  Type.String({ default: fallback, minLength: 1, description });
