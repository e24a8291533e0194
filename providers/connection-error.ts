/** Deep enough for the SDK's error, fetch's `fetch failed` and the socket's own. */
const MAX_DEPTH = 6;

/** Failures of the handshake: no request can have been sent. */
const HANDSHAKE_CODES: ReadonlySet<string> = new Set([
  'UND_ERR_CONNECT_TIMEOUT',
  'CERT_HAS_EXPIRED',
  'CERT_NOT_YET_VALID',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'HOSTNAME_MISMATCH',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

function field(error: object, name: string): unknown {
  return (error as Record<string, unknown>)[name];
}

/** The error and what caused it, outermost first. */
function* causes(error: unknown): Generator<object> {
  let current = error;
  for (let depth = 0; depth < MAX_DEPTH && typeof current === 'object' && current !== null; depth += 1) {
    yield current;
    current = field(current, 'cause');
  }
}

/**
 * Whether the connection was never made, so that nothing was sent. The system call tells: ETIMEDOUT or
 * EHOSTUNREACH of `connect` is harmless, of `read` or `write` on a live connection it is not.
 */
export function neverConnected(error: unknown): boolean {
  for (const cause of causes(error)) {
    // One error for each address tried.
    if (cause instanceof AggregateError) return cause.errors.length > 0 && cause.errors.every(neverConnected);
    const syscall = field(cause, 'syscall');
    if (syscall === 'connect' || syscall === 'getaddrinfo') return true;
    const code = field(cause, 'code');
    if (typeof code === 'string' && HANDSHAKE_CODES.has(code)) return true;
  }
  return false;
}

/** The innermost error code, such as ECONNRESET; `undefined` where there is none. */
export function connectionCode(error: unknown): string | undefined {
  let found: string | undefined;
  for (const cause of causes(error)) {
    const code = field(cause, 'code');
    if (typeof code === 'string') found = code;
  }
  return found;
}
