/**
 * How providers say that they take no more: stores, files, or files of one store. Few document their words, so they
 * are recognised by what they must speak of: how many there may be. A limit on requests is not meant, nor one on the
 * size of a single file.
 */
const LIMIT = /\b(limit(s|ed)?|max|maximum|quota|too many|exceed(s|ed)?)\b/i;
const OF_STORES = /\bvector[ _]stores\b/i;
/** Among others OpenAI's "your file storage quota" and Kimi's "the max file count". */
const OF_FILES =
  /\b(number|count|limit|maximum|max|quota|many)( of| for)?( \d+)?( uploaded)? files\b|\bfiles?[ _](count|number|storage|quota)\b|\bstorage (limit|quota)\b|\btotal (file )?size\b/i;
const OF_REQUESTS = /\brate[ _]limit|\brequests\b|\bper (second|minute|hour|day)\b/i;
const OF_ONE_FILE =
  /\bmax(imum)?( file)? size\b|\b(?<!total )(?<!total file )size (is|limit|exceed)|\btoo (large|big|long)\b|\btokens?\b/i;

const STORES_CODE = /^(too_many_vector_stores|vector_stores?_(limit|quota|maximum)\w*)$/i;
const FILES_CODE =
  /^(too_many_files|files?_(count|number|storage|limit|quota)\w*|storage_(limit|quota)\w*)$/i;
const STORE_FILES_CODE = /^(too_many_files\w*|vector_store_(files?|storage)_\w+|vector_store_full)$/i;

/** A refusal of any kind; 429 is also said of requests. */
const STATUSES: ReadonlySet<number> = new Set([400, 402, 403, 409, 422, 429]);

/** The answer to a call that would have added something. */
export interface Refusal {
  readonly status: number;
  readonly code: string | null | undefined;
  readonly message: string;
}

interface Wording {
  readonly code: RegExp;
  readonly of: RegExp;
}

function says({ status, code, message }: Refusal, wording: Wording): boolean {
  if (!STATUSES.has(status)) return false;
  if (typeof code === 'string' && wording.code.test(code)) return true;
  return (
    LIMIT.test(message) &&
    wording.of.test(message) &&
    !OF_REQUESTS.test(message) &&
    !OF_ONE_FILE.test(message)
  );
}

/** Whether the refusal of a new store says that the account may have no more. */
export function saysStoreLimit(refusal: Refusal): boolean {
  return says(refusal, { code: STORES_CODE, of: OF_STORES });
}

/** Whether the refusal of an upload says that the account may have no more files, or bytes. */
export function saysFileLimit(refusal: Refusal): boolean {
  return says(refusal, { code: FILES_CODE, of: OF_FILES });
}

/** Whether the refusal of a file for a store says that the store may have no more. */
export function saysStoreFull(refusal: Refusal): boolean {
  return says(refusal, { code: STORE_FILES_CODE, of: OF_FILES });
}
