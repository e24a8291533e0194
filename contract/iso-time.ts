const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)?$/i;

/** Whether a text is a date and a time by ISO 8601, with or without a zone, that there is in the calendar. */
export function isIsoTime(text: string): boolean {
  return ISO.test(text) && !Number.isNaN(Date.parse(text));
}
