import { expect, it } from 'vitest';
import { mayBe, type ListedFile } from '../../../domain/unsettled-upload.ts';

const SENT_AT = 1_000_000_000;
const TIMEOUT = 300_000;
const SKEW = 300_000;
const upload = { filename: 'a.txt', sizeBytes: 7, sentAtMs: SENT_AT };
const file = (change: Partial<ListedFile> = {}): ListedFile => ({
  ...{ createdAtMs: SENT_AT + 1_000, filename: 'a.txt', sizeBytes: 7 },
  ...change,
});

it.each([
  ['the same', {}, true],
  ['of another name', { filename: 'b.txt' }, false],
  ['of a name in other letters', { filename: 'A.txt' }, false],
  ['of another size', { sizeBytes: 8 }, false],
  ['of a name that is not told', { filename: null }, true],
  ['of a size that is not told', { sizeBytes: null }, true],
  ['of neither, and another time', { filename: null, sizeBytes: null, createdAtMs: 0 }, false],
  ['as early as clocks may differ', { createdAtMs: SENT_AT - SKEW }, true],
  ['earlier', { createdAtMs: SENT_AT - SKEW - 1 }, false],
  ['as late as the upload may take, and clocks differ', { createdAtMs: SENT_AT + TIMEOUT + SKEW }, true],
  ['later', { createdAtMs: SENT_AT + TIMEOUT + SKEW + 1 }, false],
])('a file %s may be it: %o → %s', (_name, change, may) => {
  expect(mayBe(file(change), upload, TIMEOUT)).toBe(may);
});
