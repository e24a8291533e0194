const SUSPECT = /%|\/\//;
/** A path no route has. */
const NOWHERE = '/%00';
/** Decodes to NUL, which no id may hold: the schema then refuses the segment. */
const UNREADABLE = '%00';

/**
 * The URL that is routed. The router would let an empty segment and an encoded slash through as ids, and would
 * answer bytes that are no UTF-8 by itself: the first two have no route, the third is left to the schema.
 */
export function routableUrl(url: string): string {
  if (!SUSPECT.test(url)) return url;
  const end = url.search(/[?#]/);
  const path = end === -1 ? url : url.slice(0, end);
  if (/\/\/|%2f/i.test(path)) return NOWHERE;
  const segments = path.split('/').map((segment) => (isReadable(segment) ? segment : UNREADABLE));
  return segments.join('/') + url.slice(path.length);
}

function isReadable(segment: string): boolean {
  try {
    decodeURIComponent(segment);
    return true;
  } catch {
    return false;
  }
}
