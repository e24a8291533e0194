/** `expires_at`, in every form that a writer may use. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hasExpired, resultExpiry } from '../../../domain/result-expiry.ts';
import { scrubbedEnv } from '../../support/scrub.ts';

const NOON = Date.UTC(2026, 2, 1, 12);

describe('a moment', () => {
  it.each([
    ['2026-03-01T12:00:00Z', NOON],
    ['2026-03-01T12:00:00z', NOON],
    ['2026-03-01t12:00:00Z', NOON],
    ['2026-03-01 12:00:00Z', NOON],
    ['2026-03-01T12:00Z', NOON],
    ['2026-03-01T12Z', NOON],
    ['2026-03-01T12:00:00.250Z', NOON + 250],
    ['2026-03-01T12:00:00,250Z', NOON + 250],
    ['2026-03-01T12:00:00.123456789Z', NOON + 123.456789],
    ['2026-03-01T11:59.5Z', NOON - 30_000],
    ['2026-03-01T11.5Z', NOON - 1_800_000],
    ['2026-03-01T14:00:00+02:00', NOON],
    ['2026-03-01T14:00:00+0200', NOON],
    ['2026-03-01T14:00:00+02', NOON],
    ['2026-03-01T08:30:00-03:30', NOON],
    ['2026-03-01T08:30:00\u221203:30', NOON],
    ['2026-03-01T12:00:30+00:00:30', NOON],
    ['20260301T120000Z', NOON],
    ['20260301T1200Z', NOON],
    ['20260301T12Z', NOON],
    ['20260301T140000.5+0200', NOON + 500],
    ['2026-W09-7T12:00Z', NOON],
    ['2026W097T1200Z', NOON],
    ['2026-W10T00:00Z', NOON + 12 * 3_600_000],
    ['2026-060T12:00Z', NOON],
    ['2026060T1200Z', NOON],
    ['2026-02-28T24:00:00Z', NOON - 12 * 3_600_000],
    ['2026-03-01T11:59:60Z', NOON],
    ['2024-02-29T00:00Z', Date.UTC(2024, 1, 29)],
    ['2024-366T00:00Z', Date.UTC(2024, 11, 31)],
    ['2026-W53-5T00:00Z', Date.UTC(2027, 0, 1)],
    ['9999-12-31T23:59:59Z', Date.UTC(9999, 11, 31, 23, 59, 59)],
    [1_772_366_400, NOON],
    [1_772_366_400.5, NOON + 500],
    [-1, -1000],
    ['1772366400', NOON],
    ['1772366400.5', NOON + 500],
    ['1', 1000],
    ['99999999', 99_999_999_000],
    ['2026060', 2_026_060_000],
  ])('%j', (value, ms) => {
    expect(resultExpiry(value)).toBe(ms);
  });
});

describe('no expiry', () => {
  it.each([undefined, null, '', 0, -0, '0', '0.0', '00'])('%j', (value) => {
    expect(resultExpiry(value)).toBe('never');
    expect(hasExpired(resultExpiry(value), Number.MAX_VALUE)).toBe(false);
  });
});

describe('anything else', () => {
  it.each([
    ...[
      true,
      false,
      [],
      {},
      [1],
      Number.POSITIVE_INFINITY,
      Number.NaN,
      ' ',
      'never',
      'null',
      '1e9',
      '-5',
      '+5',
    ],
    ...['0x10', ' 1772366400', '1772366400 ', '1772366400.', '.5', '1.2.3', '١٢٣'],
    ...[
      '2026-03',
      '2026-02-29',
      '2026-13-01',
      '2026-00-10',
      '2026-01-00',
      '2026-01-32',
      '2026-1-1',
      '26-01-01',
    ],
    ...[
      '0000-01-01',
      '2026-000',
      '2026-366',
      '2026-W00',
      '2027-W53',
      '2026-W01-0',
      '2026-W01-8',
      '+002026-01-01',
    ],
    ...[
      '2026-03-01T',
      '2026-03-01T25:00Z',
      '2026-03-01T24:00:01Z',
      '2026-03-01T12:60Z',
      '2026-03-01T12:00:61Z',
    ],
    ...['2026-03-01T12:0Z', '2026-03-01T1:00Z', '2026-03-01T12:00:00.Z', '2026-03-01T12:0000Z'],
    ...['2026-03-01T12:00+24:00', '2026-03-01T12:00+02:60', '2026-03-01T12:00+2', '2026-03-01T12:00UTC'],
    ...['2026-03-01Z', '2026-03-01T12:00Z ', ' 2026-03-01', '2026-03-01T12:00ZZ', '2026/03/01', '01.03.2026'],
    ...['Sun Mar 01 2026', '2026-03-01_12:00'],
  ])('%j', (value) => {
    expect(resultExpiry(value)).toBe('unreadable');
    expect(hasExpired(resultExpiry(value), Number.MAX_VALUE)).toBe(false);
  });
});

it('has expired at the moment itself, and not before', () => {
  expect(hasExpired(NOON, NOON - 0.001)).toBe(false);
  expect(hasExpired(NOON, NOON)).toBe(true);
});

it('eight digits that are a day are that day, and so the later of two readings', () => {
  const day = resultExpiry('20260301');
  expect(day).toBe(resultExpiry('2026-03-01'));
  expect(day).toBeGreaterThan(20_260_301_000);
});

describe('without a zone it is that of TZ', () => {
  const BY_ZONE: readonly [zone: string, rows: readonly (readonly [value: string, utc: string])[]][] = [
    ['UTC', [['2026-03-01T12:00:00', '2026-03-01T12:00:00.000Z']]],
    [
      'Europe/Berlin',
      [
        ['2026-03-01', '2026-02-28T23:00:00.000Z'],
        ['20260301', '2026-02-28T23:00:00.000Z'],
        ['20260701T120000', '2026-07-01T10:00:00.000Z'],
        ['2026-W27-3', '2026-06-30T22:00:00.000Z'],
        ['2026-07-01T12:00:00.25', '2026-07-01T10:00:00.250Z'],
        // An hour that does not exist, one that exists twice, and the end of a day: as Python reads them.
        ['2026-03-29T02:30', '2026-03-29T01:30:00.000Z'],
        ['2026-10-25T02:30', '2026-10-25T00:30:00.000Z'],
        ['2026-03-28T24:00', '2026-03-28T23:00:00.000Z'],
        // Never the process's own zone where one is given.
        ['2026-07-01T12:00Z', '2026-07-01T12:00:00.000Z'],
      ],
    ],
    ['America/St_Johns', [['2026-01-01T00:00', '2026-01-01T03:30:00.000Z']]],
    ['Asia/Kolkata', [['0099-01-01T00:00', '0098-12-31T18:06:32.000Z']]],
  ];
  it.each(BY_ZONE)('%s', (zone, rows) => {
    const args = [`${import.meta.dirname}/print-expiries.ts`, JSON.stringify(rows.map(([value]) => value))];
    const printed = execFileSync(process.execPath, args, {
      env: { ...scrubbedEnv(), TZ: zone },
      encoding: 'utf8',
    });
    const told = JSON.parse(printed) as number[];
    expect(told.map((ms) => new Date(ms).toISOString())).toEqual(rows.map(([, utc]) => utc));
  });
});

it('agrees with JavaScript on what that can write, and never throws', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true }),
      (date) => {
        expect(resultExpiry(date.toISOString())).toBe(date.getTime());
      },
    ),
  );
  fc.assert(
    fc.property(fc.anything(), fc.string(), (value, text) => {
      expect(['number', 'string']).toContain(typeof resultExpiry(value));
      expect(['number', 'string']).toContain(typeof resultExpiry(text));
    }),
  );
});
