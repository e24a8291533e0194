/**
 * When a LangGraph checkpoint was made. Its id tells: the savers use time-ordered UUIDs. Compared as text, ids of
 * different kinds say nothing about age. `ledger/checkpoints/age.ts` is the same in SQL; one table tests both.
 */

/** 2001-09-09, from where on epoch seconds have ten digits. What claims to be older is no time of a checkpoint. */
export const EARLIEST_MS = 1_000_000_000_000;
/** 100 ns steps from 1582-10-15, where UUIDv6 begins to count, to 1970: RFC 9562, section 6. */
const GREGORIAN_STEPS = 0x01b21dd213814000n;
const STEPS_PER_MS = 10_000n;

/** Whatever the variant: LangGraph.js writes a step of -1 into its bits, and every step from 16 384. */
const UUID_6_OR_7 = /^([0-9a-f]{8})-([0-9a-f]{4})-([67])([0-9a-f]{3})-[0-9a-f]{4}-[0-9a-f]{12}$/i;
/** ISO 8601 with date, time and zone, as both savers write it. Without a zone it names no moment. */
const ISO_TIME =
  /^([1-9]\d{3})-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[T ]([01]\d|2[0-3]):([0-5]\d):([0-5]\d)(?:\.(\d{1,9}))?(?:Z|([+-])(0\d|1[0-4]):?([0-5]\d))$/;
/** Seconds, milliseconds, microseconds, nanoseconds. A shorter number is a counter. */
const EPOCH = /^(\d{10}|\d{13}|\d{16}|\d{19})(?:\.(\d+))?$/;
const SECONDS_DIGITS = 10;
const MS_DIGITS = 13;

function plausible(ms: number): number | undefined {
  return ms >= EARLIEST_MS ? ms : undefined;
}

/** Epoch milliseconds inside a UUIDv6 or UUIDv7; `undefined` for any other text. */
export function uuidTimeMs(id: string): number | undefined {
  const [, high, middle, version, low] = UUID_6_OR_7.exec(id) ?? [];
  if (high === undefined || middle === undefined || low === undefined) return undefined;
  if (version === '7') return plausible(Number.parseInt(high + middle, 16));
  const steps = BigInt(`0x${high}${middle}${low}`);
  return plausible(Number((steps - GREGORIAN_STEPS) / STEPS_PER_MS));
}

/** Epoch milliseconds of the `ts` in a checkpoint's body; `undefined` where it is no ISO time with a zone. */
export function tsTimeMs(ts: unknown): number | undefined {
  const parts = typeof ts === 'string' ? ISO_TIME.exec(ts) : null;
  if (parts === null) return undefined;
  const [year, month, day, hours, minutes, seconds] = parts.slice(1, 7).map(Number);
  const [fraction = '', sign, zoneHours = '0', zoneMinutes = '0'] = parts.slice(7);
  const local = Date.UTC(year ?? 0, (month ?? 1) - 1, day, hours, minutes, seconds, thousandths(fraction));
  const offsetMinutes = Number(zoneHours) * 60 + Number(zoneMinutes);
  return plausible(local - (sign === '-' ? -offsetMinutes : offsetMinutes) * 60_000);
}

/** Epoch milliseconds of an id that is a plain epoch number; `undefined` for any other text. */
export function epochTimeMs(id: string): number | undefined {
  const [, digits, fraction = ''] = EPOCH.exec(id) ?? [];
  if (digits === undefined) return undefined;
  if (digits.length === SECONDS_DIGITS) return plausible(Number(digits) * 1_000 + thousandths(fraction));
  return plausible(Number(digits.slice(0, MS_DIGITS)));
}

function thousandths(fraction: string): number {
  return Number(fraction.slice(0, 3).padEnd(3, '0'));
}

/**
 * Epoch milliseconds of a checkpoint: of its id, else of its body, else of an id that is a number. `undefined` where
 * nothing tells: such a checkpoint counts as new. `readTs` is asked only where the id is not enough.
 */
export function checkpointTimeMs(id: string, readTs: () => unknown): number | undefined {
  return uuidTimeMs(id) ?? tsTimeMs(readTs()) ?? epochTimeMs(id);
}
