/** What `expires_at` in the metadata of a cached result says. */

/** Epoch milliseconds; `never`: kept, and no error; `unreadable`: kept, and an error. */
export type ResultExpiry = number | 'never' | 'unreadable';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** Epoch seconds as a text. */
const SECONDS = /^\d+(?:\.\d+)?$/;
const DATE =
  /^(?:(?<y1>\d{4})-(?<m1>\d\d)-(?<d1>\d\d)|(?<y2>\d{4})(?<m2>\d\d)(?<d2>\d\d)|(?<y3>\d{4})-W(?<w1>\d\d)(?:-(?<n1>\d))?|(?<y4>\d{4})W(?<w2>\d\d)(?<n2>\d)?|(?<y5>\d{4})-(?<o1>\d{3})|(?<y6>\d{4})(?<o2>\d{3}))$/;
const TIME =
  /^(?:(?<h1>\d\d):(?<i1>\d\d)(?::(?<s1>\d\d))?|(?<h2>\d\d)(?<i2>\d\d)(?<s2>\d\d)?|(?<h3>\d\d))(?:[.,](?<fraction>\d+))?(?<zone>Z|z|[+\u2212-].+)?$/;
const OFFSET = /^[+\u2212-](\d\d)(?::?(\d\d)(?::?(\d\d))?)?$/;

type Groups = Readonly<Record<string, string | undefined>>;

/**
 * The moment at which a cached result expires. Takes ISO 8601 (calendar, week and ordinal dates, basic and extended,
 * with `Z`, an offset, or none: then the process's time zone) and epoch seconds. A text of eight digits that is a day
 * of the calendar is that day, and not a moment of 1970: the later of two readings keeps the result.
 */
export function resultExpiry(value: unknown): ResultExpiry {
  if (value === undefined || value === null || value === '' || value === 0) return 'never';
  if (typeof value === 'number') return Number.isFinite(value) ? value * 1000 : 'unreadable';
  if (typeof value !== 'string') return 'unreadable';
  if (SECONDS.test(value) && !isBasicDay(value)) return Number(value) === 0 ? 'never' : Number(value) * 1000;
  return isoMoment(value) ?? 'unreadable';
}

/** The metadata's own rule: at the moment itself it is expired. */
export function hasExpired(expiry: ResultExpiry, nowMs: number): boolean {
  return typeof expiry === 'number' && nowMs >= expiry;
}

function isBasicDay(text: string): boolean {
  return text.length === 8 && dayOf(text) !== undefined;
}

/** Any number of the groups that matched; only one alternative of each kind can. */
function first(groups: Groups, ...names: string[]): number | undefined {
  const found = names.map((name) => groups[name]).find((text) => text !== undefined);
  return found === undefined ? undefined : Number(found);
}

function isoMoment(text: string): number | undefined {
  const at = text.search(/[Tt ]/);
  const date = at === -1 ? text : text.slice(0, at);
  // Seven digits alone are seconds; with a time behind them they are a year and a day of it.
  const day = dayOf(date);
  if (day === undefined) return undefined;
  if (at === -1) return localMs(day, 0);
  const groups = TIME.exec(text.slice(at + 1))?.groups;
  if (groups === undefined) return undefined;
  const time = timeMs(groups);
  if (time === undefined) return undefined;
  if (groups['zone'] === undefined) return localMs(day, time);
  const offset = offsetMs(groups['zone']);
  return offset === undefined ? undefined : day + time - offset;
}

/** Midnight, UTC, of a date in any of its forms. */
function dayOf(text: string): number | undefined {
  const groups = DATE.exec(text)?.groups;
  const year = groups && first(groups, 'y1', 'y2', 'y3', 'y4', 'y5', 'y6');
  if (groups === undefined || year === undefined || year === 0) return undefined;
  const ordinal = first(groups, 'o1', 'o2');
  if (ordinal !== undefined) return ordinalDay(year, ordinal);
  const week = first(groups, 'w1', 'w2');
  if (week !== undefined) return weekDay(year, week, first(groups, 'n1', 'n2') ?? 1);
  return calendarDay(year, first(groups, 'm1', 'm2') ?? 0, first(groups, 'd1', 'd2') ?? 0);
}

/** `Date.UTC` takes years below 100 for those of the twentieth century. */
function utcMs(year: number, month: number, day: number): number {
  return new Date(0).setUTCFullYear(year, month - 1, day);
}

function calendarDay(year: number, month: number, day: number): number | undefined {
  const ms = utcMs(year, month, day);
  const date = new Date(ms);
  return date.getUTCMonth() === month - 1 && date.getUTCDate() === day ? ms : undefined;
}

function ordinalDay(year: number, ordinal: number): number | undefined {
  const ms = utcMs(year, 1, ordinal);
  return ordinal >= 1 && new Date(ms).getUTCFullYear() === year ? ms : undefined;
}

/** Week 1 is the one with 4 January in it; weeks begin on Monday. */
function firstMonday(year: number): number {
  const fourth = utcMs(year, 1, 4);
  return fourth - ((new Date(fourth).getUTCDay() + 6) % 7) * DAY_MS;
}

function weekDay(year: number, week: number, day: number): number | undefined {
  if (week < 1 || day < 1 || day > 7) return undefined;
  const monday = firstMonday(year) + (week - 1) * 7 * DAY_MS;
  return monday < firstMonday(year + 1) ? monday + (day - 1) * DAY_MS : undefined;
}

/** Milliseconds since midnight. A day may end at 24:00, and a minute may have a leap second. */
function timeMs(groups: Groups): number | undefined {
  const hour = first(groups, 'h1', 'h2', 'h3') ?? 0;
  const minute = first(groups, 'i1', 'i2');
  const second = first(groups, 's1', 's2');
  if (hour > 24 || (minute ?? 0) > 59 || (second ?? 0) > 60) return undefined;
  // A fraction is one of the smallest unit that is given.
  const unit = second !== undefined ? 1000 : minute !== undefined ? MINUTE_MS : HOUR_MS;
  const fraction = Number(`0.${groups['fraction'] ?? '0'}`) * unit;
  const ms = hour * HOUR_MS + (minute ?? 0) * MINUTE_MS + (second ?? 0) * 1000 + fraction;
  return hour === 24 && ms > DAY_MS ? undefined : ms;
}

function offsetMs(zone: string): number | undefined {
  if (zone === 'Z' || zone === 'z') return 0;
  const [, hours = '', minutes = '0', seconds = '0'] = OFFSET.exec(zone) ?? [];
  if (hours === '' || Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const ms = Number(hours) * HOUR_MS + Number(minutes) * MINUTE_MS + Number(seconds) * 1000;
  return zone.startsWith('+') ? ms : -ms;
}

/** The same wall clock in the process's time zone; an hour that occurs twice is taken at its first occurrence. */
function localMs(dayMs: number, timeOfDayMs: number): number {
  const day = new Date(dayMs);
  const whole = Math.floor(timeOfDayMs);
  const local = new Date(0);
  local.setHours(0, 0, 0, 0);
  local.setFullYear(day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate());
  local.setHours(0, 0, 0, whole);
  return local.getTime() + (timeOfDayMs - whole);
}
