import { describe, expect, it } from 'vitest';
import { retryAfterMs } from '../../../providers/retry-after.ts';

const NOW = Date.UTC(2026, 0, 1);
const read = (headers: Record<string, string>) => retryAfterMs(new Headers(headers), NOW);

describe('Retry-After', () => {
  it.each([
    [{ 'retry-after': '0' }, 0],
    [{ 'retry-after': '12' }, 12_000],
    [{ 'retry-after': '1.5' }, 1_500],
    [{ 'retry-after': 'Thu, 01 Jan 2026 00:01:00 GMT' }, 60_000],
    [{ 'retry-after': 'Wed, 31 Dec 2025 23:59:00 GMT' }, 0],
    [{ 'retry-after': '99999999999' }, 86_400_000],
    [{ 'retry-after-ms': '250', 'retry-after': '9' }, 250],
    [{ 'retry-after-ms': 'x', 'retry-after': '9' }, 9_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': 'soon' }, undefined],
    [{ 'retry-after': '' }, undefined],
    [{}, undefined],
  ])('%j is %j ms', (headers, expected) => {
    expect(read(headers)).toBe(expected);
  });

  it('is unknown where there are no headers', () => {
    expect(retryAfterMs(undefined, NOW)).toBeUndefined();
  });
});
