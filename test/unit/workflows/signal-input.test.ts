import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { parseRelease, parseRenew, parseTrack } from '../../../workflows/signal-input.ts';

describe('renew', () => {
  test.each([
    [undefined, null, null],
    [null, null, null],
    [600, 600, null],
    [{}, null, null],
    [{ seconds: 60 }, 60, null],
    [{ seconds: null, lease_id: 'l1' }, null, 'l1'],
    [{ unknown: 1 }, null, null],
  ])('%j', (input, seconds, leaseId) => {
    expect(parseRenew(input)).toEqual({ kind: 'renew', seconds, leaseId });
  });

  test.each([
    ['x'],
    ['600'],
    [0],
    [-1],
    [NaN],
    [Infinity],
    [true],
    [[600]],
    [{ seconds: '60' }],
    [{ lease_id: 1 }],
  ])('%j means nothing', (input) => {
    expect(parseRenew(input)).toBeUndefined();
  });
});

describe('track', () => {
  test.each([
    [['file-1'], ['file-1'], [], null],
    [{ file_ids: ['file-1'] }, ['file-1'], [], null],
    [{ file_paths: ['/a'], lease_id: 'l1' }, [], ['/a'], 'l1'],
    [{ file_ids: ['f'], file_paths: ['/a'] }, ['f'], ['/a'], null],
    [undefined, [], [], null],
  ])('%j', (input, fileIds, filePaths, leaseId) => {
    expect(parseTrack(input)).toEqual({ kind: 'track', fileIds, filePaths, leaseId });
  });

  test.each([['file-1'], [7], [[1]], [['a', null]], [{ file_ids: 'f' }], [{ file_paths: [{}] }]])(
    '%j means nothing',
    (input) => {
      expect(parseTrack(input)).toBeUndefined();
    },
  );
});

describe('release', () => {
  test.each([
    [undefined, null],
    [{}, null],
    [{ lease_id: 'l1' }, 'l1'],
  ])('%j', (input, leaseId) => {
    expect(parseRelease(input)).toEqual({ kind: 'release', leaseId, reason: 'released' });
  });

  test.each([['x'], [[]], [1], [{ lease_id: '' }]])('%j means nothing', (input) => {
    expect(parseRelease(input)).toBeUndefined();
  });
});

test('no input whatever throws', () => {
  fc.assert(
    fc.property(fc.anything(), (input) => {
      for (const parse of [parseRenew, parseTrack, parseRelease]) expect(() => parse(input)).not.toThrow();
    }),
  );
});
