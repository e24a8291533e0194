import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import { uuid6 } from '@langchain/langgraph-checkpoint';
import { parseCheckpointDatabase } from '../../../domain/checkpoint-database.ts';
import { checkpointTimeMs } from '../../../domain/checkpoint-age.ts';
import { isRetentionDays, retentionCutMs } from '../../../domain/retention-days.ts';
import { AGES, uuid6At, uuid7At } from './ages.ts';

describe('the time of a checkpoint', () => {
  it.each(AGES)('$what: $id $ts', ({ id, ts, ms }) => {
    expect(checkpointTimeMs(id, () => ts)).toBe(ms);
  });

  it('is that of the moment at which the saver made the id', () => {
    for (const step of [-2, -1, 0, 5, 70_000]) {
      const before = Date.now();
      const ms = checkpointTimeMs(uuid6(step), () => undefined) ?? 0;
      expect(ms).toBeGreaterThanOrEqual(before);
      // Ids of one millisecond are told apart by running ahead.
      expect(ms).toBeLessThanOrEqual(Date.now() + 10);
    }
  });

  it('comes back from every id that was made of it', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1e12, max: 4e12 }), (ms) => {
        expect(checkpointTimeMs(uuid6At(ms), () => null)).toBe(ms);
        expect(checkpointTimeMs(uuid7At(ms), () => null)).toBe(ms);
        expect(checkpointTimeMs('x', () => new Date(ms).toISOString())).toBe(ms);
        expect(checkpointTimeMs(String(ms), () => null)).toBe(ms);
      }),
    );
  });

  it('is not looked for in the body where the id tells it', () => {
    const read = () => expect.unreachable();
    expect(checkpointTimeMs(uuid6At(2e12), read)).toBe(2e12);
  });
});

describe('retention', () => {
  it.each([1, 7, 36_500])('%s days are a retention', (days) => expect(isRetentionDays(days)).toBe(true));
  it.each([0, -1, 0.5, 36_501, Number.NaN, Number.POSITIVE_INFINITY])('%s days are none', (days) =>
    expect(isRetentionDays(days)).toBe(false),
  );
  it('the cut lies whole days back', () => {
    expect(retentionCutMs(7, Date.UTC(2025, 2, 31))).toBe(Date.UTC(2025, 2, 24));
  });
});

describe('CHECKPOINT_DATABASE', () => {
  it.each([
    ['sqlite:/data/memory.db', { kind: 'sqlite', path: '/data/memory.db' }],
    ['sqlite:///data/memory.db', { kind: 'sqlite', path: '/data/memory.db' }],
    ['sqlite:memory.db', { kind: 'sqlite', path: 'memory.db' }],
    ['sqlite:C:\\memory.db', { kind: 'sqlite', path: 'C:\\memory.db' }],
    ['postgres://u:p@h/d', { kind: 'postgres', url: 'postgres://u:p@h/d' }],
    ['postgresql://h/d?options=-csearch_path%3Dchat', { kind: 'postgres', url: expect.any(String) }],
    ['sqlite:', undefined],
    ['postgres://', undefined],
    ['mysql://h/d', undefined],
    ['/data/memory.db', undefined],
    ['sqlite:/a\0b', undefined],
  ])('%s', (text, database) => expect(parseCheckpointDatabase(text)).toEqual(database));
});
