/** A wish beyond this is cut: OpenAI's longest limits renew within a day. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

function bounded(ms: number): number | undefined {
  return Number.isFinite(ms) ? Math.min(MAX_WAIT_MS, Math.max(0, Math.ceil(ms))) : undefined;
}

/** How long the provider asks to wait, in ms: `retry-after-ms`, or `Retry-After` in seconds or as an HTTP date. */
export function retryAfterMs(headers: Headers | undefined, nowMs: number): number | undefined {
  const inMs = headers?.get('retry-after-ms')?.trim();
  if (inMs !== undefined && /^\d+(\.\d+)?$/.test(inMs)) return bounded(Number(inMs));
  const wish = headers?.get('retry-after')?.trim();
  if (wish === undefined || wish === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(wish)) return bounded(Number(wish) * 1000);
  // Every form of an HTTP date begins with the name of a day (RFC 9110, 5.6.7); Date.parse alone takes "-5" too.
  return /^[A-Za-z]{3,9}/.test(wish) ? bounded(Date.parse(wish) - nowMs) : undefined;
}
