/** Ids and bodies of checkpoints with the time they tell; both the TypeScript and the SQL are held to it. */

const TICKS_AT_1970 = 122_192_928_000_000_000n;

/** A UUIDv6 of that millisecond, as the savers make them. */
export function uuid6At(ms: number, low = 0n): string {
  const hex = (BigInt(ms) * 10_000n + TICKS_AT_1970 + low).toString(16).padStart(15, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-6${hex.slice(12)}-8001-8a1503f9b875`;
}

/** A UUIDv7 of that millisecond. */
export function uuid7At(ms: number): string {
  const hex = ms.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7abc-bdef-0123456789ab`;
}

export interface Aged {
  readonly what: string;
  readonly id: string;
  readonly ts?: unknown;
  readonly ms: number | undefined;
}

const MOMENT = Date.UTC(2025, 10, 28, 17, 5, 9, 123);
const V4 = '3b241101-e2bb-4255-8caf-4136c566a962';

const IDS: readonly Aged[] = [
  { what: 'UUIDv6 of the documentation', id: '1ef4f797-8335-6428-8001-8a1503f9b875', ms: 1_722_456_859_804 },
  { what: 'UUIDv6', id: uuid6At(MOMENT), ms: MOMENT },
  { what: 'UUIDv6, last step of its millisecond', id: uuid6At(MOMENT, 9_999n), ms: MOMENT },
  { what: 'UUIDv6 in capitals', id: uuid6At(MOMENT).toUpperCase(), ms: MOMENT },
  { what: 'UUIDv6 with another ts', id: uuid6At(MOMENT), ts: '2001-10-01T00:00:00Z', ms: MOMENT },
  { what: 'UUIDv6 of 2099', id: uuid6At(Date.UTC(2099, 0, 1)), ms: Date.UTC(2099, 0, 1) },
  { what: 'UUIDv7', id: uuid7At(MOMENT), ms: MOMENT },
  { what: 'UUIDv7 of the first plausible moment', id: uuid7At(1e12), ms: 1e12 },
  { what: 'UUIDv7 of the moment before', id: uuid7At(1e12 - 1), ms: undefined },
  { what: 'UUIDv6 of 1582', id: '00000000-0000-6000-8000-000000000000', ms: undefined },
  { what: 'LangGraph.js, step -1', id: '1f1eb62d-a6f5-6dd0-ffff-371ac4afd71d', ms: 1_795_894_522_925 },
  { what: 'LangGraph, step -1', id: '1f1eb62d-ccf2-6515-bfff-acc8adb60efe', ms: 1_795_894_526_908 },
  { what: 'UUIDv4', id: V4, ms: undefined },
  { what: 'UUIDv1', id: 'c232ab00-9414-11ec-b3c8-9f6bdeced846', ms: undefined },
  { what: 'UUIDv6 without dashes', id: uuid6At(MOMENT).replaceAll('-', ''), ms: undefined },
  { what: 'UUIDv6 with more behind it', id: `${uuid6At(MOMENT)}0`, ms: undefined },
  { what: 'UUIDv6 with a line break', id: `${uuid6At(MOMENT)}\n`, ms: undefined },
  { what: 'text', id: 'checkpoint one', ms: undefined },
  { what: 'nothing', id: '', ms: undefined },
];

const EPOCHS: readonly Aged[] = [
  { what: 'seconds', id: '1764349509', ms: 1_764_349_509_000 },
  { what: 'seconds with a fraction', id: '1764349509.1239', ms: 1_764_349_509_123 },
  { what: 'seconds with a short fraction', id: '1764349509.5', ms: 1_764_349_509_500 },
  { what: 'milliseconds', id: '1764349509123', ms: 1_764_349_509_123 },
  { what: 'milliseconds with a fraction', id: '1764349509123.75', ms: 1_764_349_509_123 },
  { what: 'microseconds', id: '1764349509123456', ms: 1_764_349_509_123 },
  { what: 'nanoseconds', id: '1764349509123456789', ms: 1_764_349_509_123 },
  { what: 'a number with a ts', id: '1764349509', ts: '2025-01-01T00:00:00Z', ms: Date.UTC(2025, 0, 1) },
  { what: 'a counter', id: '42', ms: undefined },
  { what: 'a number of nine digits', id: '999999999', ms: undefined },
  { what: 'a number of eleven digits', id: '17643495090', ms: undefined },
  { what: 'ten digits from zero', id: '0000000001', ms: undefined },
  { what: 'a negative number', id: '-1764349509', ms: undefined },
  { what: 'a number with a dot and nothing behind', id: '1764349509.', ms: undefined },
];

const TIMES: readonly Aged[] = [
  { what: 'Python', id: V4, ts: '2024-05-04T06:32:42.235444+00:00', ms: 1_714_804_362_235 },
  { what: 'JavaScript', id: V4, ts: '2024-05-04T06:32:42.235Z', ms: 1_714_804_362_235 },
  { what: 'no fraction', id: V4, ts: '2024-05-04T06:32:42+00:00', ms: 1_714_804_362_000 },
  { what: 'one digit of fraction', id: V4, ts: '2024-05-04 06:32:42.2Z', ms: 1_714_804_362_200 },
  { what: 'east', id: V4, ts: '2024-05-04T08:32:42+02:00', ms: 1_714_804_362_000 },
  { what: 'west, no colon', id: V4, ts: '2024-05-04T01:02:42-0530', ms: 1_714_804_362_000 },
  { what: 'leap day', id: V4, ts: '2024-02-29T00:00:00Z', ms: Date.UTC(2024, 1, 29) },
  { what: '31 February', id: V4, ts: '2025-02-31T00:00:00Z', ms: Date.UTC(2025, 2, 3) },
  { what: 'an implausible UUID', id: uuid7At(7), ts: '2024-02-29T00:00:00Z', ms: Date.UTC(2024, 1, 29) },
  { what: 'no zone', id: V4, ts: '2024-05-04T06:32:42.235444', ms: undefined },
  { what: 'date only', id: V4, ts: '2024-05-04', ms: undefined },
  { what: 'month 13', id: V4, ts: '2024-13-04T06:32:42Z', ms: undefined },
  { what: 'hour 24', id: V4, ts: '2024-05-04T24:00:00Z', ms: undefined },
  { what: 'year 1999', id: V4, ts: '1999-05-04T06:32:42Z', ms: undefined },
  { what: 'year 0', id: V4, ts: '0000-05-04T06:32:42Z', ms: undefined },
  { what: 'more behind it', id: V4, ts: '2024-05-04T06:32:42Z!', ms: undefined },
  { what: 'a number', id: V4, ts: 1_714_804_362_000, ms: undefined },
  { what: 'null', id: V4, ts: null, ms: undefined },
  { what: 'an object', id: V4, ts: { at: '2024-05-04T06:32:42Z' }, ms: undefined },
];

export const AGES: readonly Aged[] = [...IDS, ...EPOCHS, ...TIMES];
