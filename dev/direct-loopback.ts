/** Spelled as the readers want it: undici and grpc-js compare host names. */
const LOOPBACK = 'localhost,127.0.0.1,[::1],::1';

/**
 * The value of `no_proxy` that keeps a configured proxy away from our own servers: fetch (where NODE_USE_ENV_PROXY
 * is set) and Temporal's client would otherwise send even loopback traffic through it.
 */
export function noProxyWithLoopback(env: Readonly<Record<string, string | undefined>>): string {
  const configured = env['no_proxy'] ?? env['NO_PROXY'] ?? '';
  return configured === '' ? LOOPBACK : `${configured},${LOOPBACK}`;
}
