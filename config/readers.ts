import { homedir } from 'node:os';
import { join } from 'node:path';

/** The part of a setting's schema that says how its text is read. */
export interface Readable {
  readonly type?: string;
  /** A text that is a path: `~` at its beginning is the home directory. */
  readonly path?: boolean;
}

const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);
const WHOLE = /^[+-]?\d+$/;
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/** `1`, `yes`, `on` and so on, in any case. */
const readFlag = (text: string): unknown => FLAGS.get(text.toLowerCase()) ?? text;
const readWhole = (text: string): unknown => (WHOLE.test(text) ? Number(text) : text);
/** With a point; nothing that only a programmer takes for a number, such as `0x10` or `Infinity`. */
const readDecimal = (text: string): unknown => (DECIMAL.test(text) ? Number(text) : text);

/** Comma-separated; entries are trimmed, empty ones left out. */
function readList(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  return entries.filter((entry) => entry !== '');
}

/** `~` and `~/…` with the home directory in place of `~`, as a shell would have it. */
function readPath(text: string): string {
  return text === '~' || text.startsWith('~/') ? join(homedir(), text.slice(1)) : text;
}

const READERS: Readonly<Record<string, (text: string) => unknown>> = {
  boolean: readFlag,
  integer: readWhole,
  number: readDecimal,
  array: readList,
};

/** What the text says, as a value of the setting's type; the text itself where it says no such thing. */
export function readSetting({ type = 'string', path = false }: Readable, text: string): unknown {
  const trimmed = text.trim();
  const read = path ? readPath : READERS[type];
  return read === undefined ? trimmed : read(trimmed);
}
