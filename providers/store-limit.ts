/**
 * How a provider says that it takes no more stores. None documents its words, so they are recognised by what they
 * must speak of: how many vector stores there may be. A limit on requests is not meant, nor one within a store.
 */
const LIMIT = /\b(limit|maximum|quota|too many)\b/i;
const OF_STORES = /\bvector[ _]stores\b/i;
const OF_REQUESTS = /\brate[ _]limit|\brequests\b|\bper (second|minute|hour|day)\b/i;
const CODE = /^(too_many_vector_stores|vector_stores?_(limit|quota|maximum)\w*)$/i;
/** A refusal of any kind; 429 is also said of requests. */
const STATUSES: ReadonlySet<number> = new Set([400, 402, 403, 409, 422, 429]);

/** Whether the refusal of a create says that the account is full. */
export function saysStoreLimit(status: number, code: string | null | undefined, message: string): boolean {
  if (!STATUSES.has(status)) return false;
  if (typeof code === 'string' && CODE.test(code)) return true;
  return LIMIT.test(message) && OF_STORES.test(message) && !OF_REQUESTS.test(message);
}
