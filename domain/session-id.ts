/** Longest session id, in bytes of UTF-8. */
export const MAX_SESSION_ID_BYTES = 240;

/** Why a text cannot be used, in the reference's words; `undefined` when it can. */
export type TextFault = 'string_too_long' | 'string_unicode';

const encoder = new TextEncoder();

/** The fault of a text that is stored or sent on: NUL and lone surrogates cannot be, `maxBytes` is of UTF-8. */
export function textFault(text: string, maxBytes: number): TextFault | undefined {
  if (text.includes('\0') || !text.isWellFormed()) return 'string_unicode';
  // A UTF-16 unit is at most three bytes of UTF-8, so short texts need no encoding.
  if (text.length * 3 > maxBytes && encoder.encode(text).length > maxBytes) return 'string_too_long';
  return undefined;
}
