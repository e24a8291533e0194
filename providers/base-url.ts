/**
 * The one spelling of a base URL, as accounts store it: no trailing slash, host in lower case. Throws for
 * anything that is not a plain http(s) URL: credentials in it would end up in the ledger, a query in each call.
 */
export function normalBaseUrl(text: string): string {
  let url: URL;
  try {
    url = new URL(text.trim());
  } catch {
    throw new Error('The provider base URL is not a URL.');
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:')
    throw new Error('The provider base URL must be http or https.');
  if (url.username !== '' || url.password !== '')
    throw new Error('The provider base URL must not hold credentials.');
  if (url.search !== '' || url.hash !== '')
    throw new Error('The provider base URL must not have a query or fragment.');
  return url.origin + url.pathname.replace(/\/+$/, '');
}

/** Whether the host of a base URL is this machine. The URL parser has already brought `127.1` and `0x7f…` to dots. */
export function isLoopback(baseUrl: string): boolean {
  const { hostname } = new URL(baseUrl);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}
