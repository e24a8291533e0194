/** Where a JSON text stops being one, in characters, and why, in the words of Python's decoder. */
export interface JsonFault {
  readonly position: number;
  readonly error: string;
}

const SPACE = /[ \t\n\r]*/y;
const SCALAR = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
// eslint-disable-next-line no-control-regex -- control characters are what JSON forbids in strings
const STRING_PART = /[^"\\\u0000-\u001f]*/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/**
 * Finds the first fault of a text that `JSON.parse` refused: its own messages name no position for short
 * texts. Iterative, so that deep nesting cannot exhaust the stack.
 */
export function findJsonFault(text: string): JsonFault {
  const open: ('[' | '{')[] = [];
  let at = skip(SPACE, text, 0);
  let expect: 'value' | 'first-value' | 'key' | 'first-key' | 'after' = 'value';
  for (;;) {
    const char = text[at];
    const container = open.at(-1);
    if (expect === 'after') {
      if (container === undefined) return { position: at, error: 'Extra data' };
      if (char === ',') {
        expect = container === '[' ? 'value' : 'key';
        at = skip(SPACE, text, at + 1);
        continue;
      }
      if (char !== (container === '[' ? ']' : '}')) return { position: at, error: "Expecting ',' delimiter" };
      open.pop();
      at = skip(SPACE, text, at + 1);
      continue;
    }
    if ((expect === 'first-value' && char === ']') || (expect === 'first-key' && char === '}')) {
      open.pop();
      at = skip(SPACE, text, at + 1);
      expect = 'after';
      continue;
    }
    if (expect === 'key' || expect === 'first-key') {
      if (char !== '"') return { position: at, error: 'Expecting property name enclosed in double quotes' };
      const end = stringEnd(text, at);
      if (typeof end !== 'number') return end;
      at = skip(SPACE, text, end);
      if (text[at] !== ':') return { position: at, error: "Expecting ':' delimiter" };
      at = skip(SPACE, text, at + 1);
      expect = 'value';
      continue;
    }
    if (char === '[' || char === '{') {
      open.push(char);
      expect = char === '[' ? 'first-value' : 'first-key';
      at = skip(SPACE, text, at + 1);
      continue;
    }
    const end = char === '"' ? stringEnd(text, at) : skip(SCALAR, text, at);
    if (typeof end !== 'number') return end;
    if (end === at) return { position: at, error: 'Expecting value' };
    at = skip(SPACE, text, end);
    expect = 'after';
  }
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
