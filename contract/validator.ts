import type { TSchema } from 'typebox';
import { textFault } from '../domain/session-id.ts';
import * as faults from './faults.ts';
import { parseFlag } from './flag.ts';
import { isIsoTime } from './iso-time.ts';
import type { Fault, Location } from './request-invalid.ts';

/** Faults listed in one answer; a list of 10 000 wrong entries is not told of each. */
const MAX_FAULTS = 100;

/** The parts of JSON Schema that requests of this contract use, and our own `x-` keywords. */
interface Node {
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly anyOf?: readonly Node[];
  readonly properties?: Readonly<Record<string, Node>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean;
  readonly items?: Node;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: unknown;
  readonly format?: string;
  readonly 'x-strict'?: boolean;
  readonly 'x-max-bytes'?: number;
  readonly 'x-optional-body'?: boolean;
}

/** Gives the value as the handler wants it; adds what is wrong with it to `found`. */
type Check = (value: unknown, loc: Location, found: Fault[]) => unknown;

export type Validated = { readonly value: unknown } | { readonly faults: readonly Fault[] };
export type RequestPart = 'body' | 'path' | 'query';

/**
 * Compiles a request schema of this contract once. The result checks a value without coercing anything but
 * the booleans and integers that the contract spells out, fills defaults and ignores unknown fields, unless the schema
 * has `additionalProperties: false`: a misspelt `dry_run` would be a real run.
 */
export function compileValidator(schema: TSchema, part: RequestPart): (value: unknown) => Validated {
  const node = schema as Node;
  const check = compile(node, part);
  const root = [part];
  return (value) => {
    const isAbsent = value === undefined || (value === null && part === 'body');
    if (isAbsent && node['x-optional-body'] === true) return { value: undefined };
    if (isAbsent) return { faults: [faults.missing(root, null)] };
    const found: Fault[] = [];
    const checked = check(value, root, found);
    return found.length === 0 ? { value: checked } : { faults: found.slice(0, MAX_FAULTS) };
  };
}

function compile(node: Node, part: RequestPart): Check {
  if (node.enum !== undefined) return compileEnum(node.enum);
  if (node.anyOf !== undefined) return compileListOrObject(node.anyOf, part);
  switch (node.type) {
    case 'object':
      return compileObject(node, part);
    case 'array':
      return compileList(node, part);
    case 'string':
      return compileString(node);
    case 'boolean':
      return checkBoolean;
    case 'integer':
      return compileInteger(node);
    case 'number':
      return compileNumber(node);
    default:
      throw new TypeError(`A request schema of type ${String(node.type)} is not supported.`);
  }
}

function compileObject(node: Node, part: RequestPart): Check {
  const fields = Object.entries(node.properties ?? {}).map(([name, field]) => ({
    name,
    check: compile(field, part),
    fallback: field.default,
    required: node.required?.includes(name) === true && field.default === undefined,
  }));
  const known = node.additionalProperties === false ? new Set(fields.map(({ name }) => name)) : undefined;
  return (value, loc, found) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      found.push(faults.objectType(loc, value));
      return undefined;
    }
    const input: Readonly<Record<string, unknown>> = value as Record<string, unknown>;
    const output: Record<string, unknown> = {};
    if (known !== undefined) findExtras(known, { input, loc, found });
    for (const { name, check, fallback, required } of fields) {
      // Own properties only: a name such as `constructor` must not be found on the prototype.
      const given = Object.hasOwn(input, name) ? lastOf(input[name], part) : undefined;
      if (given !== undefined) output[name] = check(given, [...loc, name], found);
      else if (required) found.push(faults.missing([...loc, name], value));
      else if (fallback !== undefined) output[name] = fallback;
    }
    return output;
  };
}

function findExtras(
  known: ReadonlySet<string>,
  { input, loc, found }: { input: Readonly<Record<string, unknown>>; loc: Location; found: Fault[] },
): void {
  for (const name of Object.keys(input)) {
    if (!known.has(name)) found.push(faults.extraForbidden([...loc, name], input[name]));
  }
}

/** A query field given twice counts once, the last one, as the reference has it. */
function lastOf(value: unknown, part: RequestPart): unknown {
  return part === 'query' && Array.isArray(value) ? value.at(-1) : value;
}

function compileList(node: Node, part: RequestPart): Check {
  const checkItem = compile(node.items ?? {}, part);
  const maxItems = node.maxItems ?? Infinity;
  return (value, loc, found) => {
    if (!Array.isArray(value)) {
      found.push(faults.listType(loc, value));
      return undefined;
    }
    if (value.length > maxItems) {
      found.push(faults.listTooLong(loc, maxItems, value.length));
      return undefined;
    }
    const items: readonly unknown[] = value;
    const seen: Fault[] = [];
    for (let index = 0; index < items.length && found.length < MAX_FAULTS; index += 1) {
      checkItem(items[index], loc, seen);
      // The location of an item is built only for one that is wrong.
      const fault = seen.pop();
      if (fault !== undefined) found.push({ ...fault, loc: [...loc, index] });
    }
    return items;
  };
}

function compileString(node: Node): Check {
  const maxBytes = node['x-max-bytes'] ?? Infinity;
  const minLength = node.minLength ?? 0;
  const isTime = node.format === 'date-time';
  return (value, loc, found) => {
    if (typeof value !== 'string') {
      found.push(faults.stringType(loc, value));
      return undefined;
    }
    const fault = textFault(value, maxBytes);
    if (fault === 'string_unicode') found.push(faults.stringUnicode(loc, value));
    else if (fault === 'string_too_long') found.push(faults.stringTooLong(loc, value, maxBytes));
    else if (value.length < minLength) found.push(faults.stringTooShort(loc, value));
    else if (isTime && !isIsoTime(value)) found.push(faults.datetimeParsing(loc, value));
    return value;
  };
}

const checkBoolean: Check = (value, loc, found) => {
  const flag = parseFlag(value);
  if (flag === undefined) found.push(faults.boolParsing(loc, value));
  return flag;
};

function compileInteger(node: Node): Check {
  const checkBounds = compileBounds(node);
  const isLenient = node['x-strict'] !== true;
  return (value, loc, found) => {
    const isDigits = isLenient && typeof value === 'string' && /^[+-]?\d{1,15}$/.test(value);
    const number = isDigits ? Number(value) : value;
    if (typeof number !== 'number' || !Number.isInteger(number)) {
      found.push(faults.intParsing(loc, value));
      return undefined;
    }
    checkBounds(number, { value, loc, found });
    return number;
  };
}

/** Finite ones only; never a text. */
function compileNumber(node: Node): Check {
  const checkBounds = compileBounds(node);
  return (value, loc, found) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) {
      found.push(faults.numberType(loc, value));
      return undefined;
    }
    checkBounds(value, { value, loc, found });
    return value;
  };
}

interface Given {
  readonly value: unknown;
  readonly loc: Location;
  readonly found: Fault[];
}

function compileBounds(node: Node): (number: number, given: Given) => void {
  const minimum = node.minimum ?? -Infinity;
  const maximum = node.maximum ?? Infinity;
  return (number, { value, loc, found }) => {
    if (number < minimum) found.push(faults.lessThanMinimum(loc, value, minimum));
    if (number > maximum) found.push(faults.moreThanMaximum(loc, value, maximum));
  };
}

function compileEnum(values: readonly string[]): Check {
  return (value, loc, found) => {
    if (typeof value === 'string' && values.includes(value)) return value;
    found.push(faults.notInEnum(loc, value, values));
    return undefined;
  };
}

/** A choice is decided by the value's own kind: a list is checked as the list, all else as the object. */
function compileListOrObject(choices: readonly Node[], part: RequestPart): Check {
  const list = choices.find((choice) => choice.type === 'array');
  const object = choices.find((choice) => choice.type === 'object');
  if (list === undefined || object === undefined) throw new TypeError('A choice is of a list and an object.');
  const checkList = compile(list, part);
  const checkObject = compile(object, part);
  return (value, loc, found) => (Array.isArray(value) ? checkList : checkObject)(value, loc, found);
}
