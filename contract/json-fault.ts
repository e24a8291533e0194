/** Where a JSON text stops being one, in characters, and why, in the words of Python's decoder. */
export interface JsonFault {
  readonly position: number;
  readonly error: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const STRING_PART = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

type Container = '[' | '{';
type Expected = 'value' | 'first-value' | 'key' | 'first-key' | 'after';

/** How far the scan is: where, what must come next, and the containers that are open. */
interface Scan {
  readonly text: string;
  readonly open: Container[];
  at: number;
  expected: Expected;
}

/**
 * Finds the first fault of a text that `JSON.parse` refused: its own messages name no position for short
 * texts. Iterative, so that deep nesting cannot exhaust the stack.
 */
export function findJsonFault(text: string): JsonFault {
  const scan: Scan = { text, open: [], at: skip(SPACE, text, 0), expected: 'value' };
  for (;;) {
    const fault = step(scan);
    if (fault !== undefined) return fault;
  }
}

function step(scan: Scan): JsonFault | undefined {
  const char = scan.text[scan.at];
  if (scan.expected === 'after') return stepAfter(scan, char);
  if ((scan.expected === 'first-value' && char === ']') || (scan.expected === 'first-key' && char === '}')) {
    scan.open.pop();
    return move(scan, scan.at + 1, 'after');
  }
  if (scan.expected === 'key' || scan.expected === 'first-key') return stepKey(scan, char);
  return stepValue(scan, char);
}

function stepAfter(scan: Scan, char: string | undefined): JsonFault | undefined {
  const container = scan.open.at(-1);
  if (container === undefined) return { position: scan.at, error: 'Extra data' };
  if (char === ',') return move(scan, scan.at + 1, container === '[' ? 'value' : 'key');
  if (char !== (container === '[' ? ']' : '}')) {
    return { position: scan.at, error: "Expecting ',' delimiter" };
  }
  scan.open.pop();
  return move(scan, scan.at + 1, 'after');
}

function stepKey(scan: Scan, char: string | undefined): JsonFault | undefined {
  if (char !== '"') return { position: scan.at, error: 'Expecting property name enclosed in double quotes' };
  const end = stringEnd(scan.text, scan.at);
  if (typeof end !== 'number') return end;
  const colon = skip(SPACE, scan.text, end);
  if (scan.text[colon] !== ':') return { position: colon, error: "Expecting ':' delimiter" };
  return move(scan, colon + 1, 'value');
}

function stepValue(scan: Scan, char: string | undefined): JsonFault | undefined {
  if (char === '[' || char === '{') {
    scan.open.push(char);
    return move(scan, scan.at + 1, char === '[' ? 'first-value' : 'first-key');
  }
  const end = char === '"' ? stringEnd(scan.text, scan.at) : skip(SCALAR, scan.text, scan.at);
  if (typeof end !== 'number') return end;
  if (end === scan.at) return { position: scan.at, error: 'Expecting value' };
  return move(scan, end, 'after');
}

/** Goes on behind any space. */
function move(scan: Scan, at: number, expected: Expected): undefined {
  scan.at = skip(SPACE, scan.text, at);
  scan.expected = expected;
}

/** The index behind what the sticky pattern matches at `at`; `at` itself where it does not match. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** The index behind the string that starts at `start`, or its fault. */
function stringEnd(text: string, start: number): number | JsonFault {
  let at = start + 1;
  for (;;) {
    at = skip(STRING_PART, text, at);
    const char = text[at];
    if (char === '"') return at + 1;
    if (char === undefined) return { position: start, error: 'Unterminated string starting at' };
    if (char !== '\\') return { position: at, error: 'Invalid control character at' };
    const end = skip(ESCAPE, text, at);
    if (end === at) return { position: at, error: 'Invalid \\escape' };
    at = end;
  }
}
