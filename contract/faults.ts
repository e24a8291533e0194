import type { Fault, Location } from './request-invalid.ts';

/**
 * The faults a request can have, in the words of the service this contract was taken from (pydantic 2), which
 * its clients may show or match.
 */
type MakeFault = (loc: Location, input: unknown) => Fault;

const plain =
  (type: string, msg: string): MakeFault =>
  (loc, input) => ({ type, loc, msg, input });

export const missing = plain('missing', 'Field required');
export const extraForbidden = plain('extra_forbidden', 'Extra inputs are not permitted');
export const stringType = plain('string_type', 'Input should be a valid string');
export const listType = plain('list_type', 'Input should be a valid list');
export const boolParsing = plain(
  'bool_parsing',
  'Input should be a valid boolean, unable to interpret input',
);
export const objectType = plain(
  'model_attributes_type',
  'Input should be a valid dictionary or object to extract fields from',
);
export const stringUnicode = plain(
  'string_unicode',
  'Input should be a valid string, unable to parse raw data as a unicode string',
);
export const intParsing = plain(
  'int_parsing',
  'Input should be a valid integer, unable to parse string as an integer',
);
export const numberType = plain('float_type', 'Input should be a valid number');
export const datetimeParsing = plain(
  'datetime_parsing',
  'Input should be a valid datetime, as ISO 8601 writes it',
);

/** `maxBytes` of UTF-8. */
export function stringTooLong(loc: Location, input: unknown, maxBytes: number): Fault {
  const msg = `String should have at most ${maxBytes} bytes`;
  return { type: 'string_too_long', loc, msg, input, ctx: { max_length: maxBytes } };
}

export function stringTooShort(loc: Location, input: unknown): Fault {
  const msg = 'String should have at least 1 character';
  return { type: 'string_too_short', loc, msg, input, ctx: { min_length: 1 } };
}

export function listTooLong(loc: Location, maxItems: number, actual: number): Fault {
  const msg = `List should have at most ${maxItems} items after validation, not ${actual}`;
  const ctx = { field_type: 'List', max_length: maxItems, actual_length: actual };
  return { type: 'too_long', loc, msg, input: null, ctx };
}

export function lessThanMinimum(loc: Location, input: unknown, minimum: number): Fault {
  const msg = `Input should be greater than or equal to ${minimum}`;
  return { type: 'greater_than_equal', loc, msg, input, ctx: { ge: minimum } };
}

export function moreThanMaximum(loc: Location, input: unknown, maximum: number): Fault {
  const msg = `Input should be less than or equal to ${maximum}`;
  return { type: 'less_than_equal', loc, msg, input, ctx: { le: maximum } };
}

export function notInEnum(loc: Location, input: unknown, values: readonly string[]): Fault {
  const quoted = values.map((value) => `'${value}'`);
  const expected = `${quoted.slice(0, -1).join(', ')} or ${quoted.at(-1)}`;
  return { type: 'enum', loc, msg: `Input should be ${expected}`, input, ctx: { expected } };
}

/** `position` in characters; `error` in the words of Python's JSON decoder. */
export function jsonInvalid(position: number, error: string): Fault {
  return {
    type: 'json_invalid',
    loc: ['body', position],
    msg: 'JSON decode error',
    input: {},
    ctx: { error },
  };
}
