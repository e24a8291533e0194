import { isUtf8 } from 'node:buffer';
import { findJsonFault } from './json-fault.ts';
import { jsonInvalid, stringUnicode } from './faults.ts';
import { RequestInvalid } from './request-invalid.ts';

const BYTE_ORDER_MARK = 0xfeff;

/** The text of a body; {@link RequestInvalid} for bytes that are no UTF-8. */
export function decodeText(bytes: Buffer): string {
  if (!isUtf8(bytes)) throw new RequestInvalid([stringUnicode(['body'], null)]);
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text;
}

/** The JSON value of a body; {@link RequestInvalid} with the position of the first fault. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const fault = findJsonFault(text);
    throw new RequestInvalid([jsonInvalid(fault.position, fault.error)]);
  }
}
