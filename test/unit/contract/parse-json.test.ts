import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { findJsonFault } from '../../../contract/json-fault.ts';
import { decodeText, parseJson } from '../../../contract/parse-json.ts';
import { RequestInvalid } from '../../../contract/request-invalid.ts';

function caught(work: () => unknown): RequestInvalid {
  try {
    work();
  } catch (error) {
    if (error instanceof RequestInvalid) return error;
  }
  throw new Error('was accepted');
}

describe('parseJson', () => {
  // Positions and words as Python's json module (3.11) gives them.
  it.each([
    ['', 0, 'Expecting value'],
    [' ', 1, 'Expecting value'],
    ['{', 1, 'Expecting property name enclosed in double quotes'],
    ["{'a':1}", 1, 'Expecting property name enclosed in double quotes'],
    ['{"a":1,}', 7, 'Expecting property name enclosed in double quotes'],
    ['{"a" 1}', 5, "Expecting ':' delimiter"],
    ['[1 2]', 3, "Expecting ',' delimiter"],
    ['[1,]', 3, 'Expecting value'],
    ['maybe', 0, 'Expecting value'],
    ['{}x', 2, 'Extra data'],
    ['"abc', 0, 'Unterminated string starting at'],
    ['"\\x"', 1, 'Invalid \\escape'],
    ['"a\nb"', 2, 'Invalid control character at'],
    ['[[[', 3, 'Expecting value'],
  ])('%j fails at %i: %s', (text, position, error) => {
    expect(caught(() => parseJson(text)).body()).toEqual({
      detail: [
        {
          type: 'json_invalid',
          loc: ['body', position],
          msg: 'JSON decode error',
          input: {},
          ctx: { error },
        },
      ],
    });
  });

  it('survives any nesting', () => {
    expect(findJsonFault('['.repeat(1_000_000)).position).toBe(1_000_000);
  });

  it('finds a fault in every text that JSON.parse refuses, within the text', () => {
    const nearlyJson = fc.tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 })).map(([json, at, junk]) => {
      const cut = at % (json.length + 1);
      return json.slice(0, cut) + junk + json.slice(cut + 1);
    });
    fc.assert(
      fc.property(fc.oneof(fc.string(), nearlyJson), (text) => {
        try {
          JSON.parse(text);
        } catch {
          const { position } = findJsonFault(text);
          return position >= 0 && position <= text.length;
        }
        return true;
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('decodeText', () => {
  it('refuses what is no UTF-8', () => {
    expect(caught(() => decodeText(Buffer.from([0x22, 0xff, 0x22]))).faults).toMatchObject([
      { type: 'string_unicode', loc: ['body'] },
    ]);
  });

  it('drops a byte order mark', () => {
    expect(decodeText(Buffer.from('\ufeff{}'))).toBe('{}');
  });
});
