import { describe, expect, it } from 'vitest';
import { connectionCode, neverConnected } from '../../../providers/connection-error.ts';

const system = (code: string, syscall: string) => Object.assign(new Error(code), { code, syscall });
const wrapped = (cause: unknown) =>
  new Error('Connection error.', { cause: new TypeError('fetch failed', { cause }) });

describe('whether a connection was ever made', () => {
  it.each([
    ['ECONNREFUSED', 'connect', true],
    ['ETIMEDOUT', 'connect', true],
    ['EHOSTUNREACH', 'connect', true],
    ['ENOTFOUND', 'getaddrinfo', true],
    ['EAI_AGAIN', 'getaddrinfo', true],
    ['ECONNRESET', 'read', false],
    ['ETIMEDOUT', 'read', false],
    ['EHOSTUNREACH', 'write', false],
    ['EPIPE', 'write', false],
  ])('%s of %s: %s', (code, syscall, never) => {
    expect(neverConnected(wrapped(system(code, syscall)))).toBe(never);
    expect(connectionCode(wrapped(system(code, syscall)))).toBe(code);
  });

  it('looks at every address tried', () => {
    const refused = system('ECONNREFUSED', 'connect');
    expect(neverConnected(wrapped(new AggregateError([refused, refused])))).toBe(true);
    expect(neverConnected(wrapped(new AggregateError([refused, system('ECONNRESET', 'read')])))).toBe(false);
    expect(neverConnected(wrapped(new AggregateError([])))).toBe(false);
  });

  it.each(['UND_ERR_CONNECT_TIMEOUT', 'CERT_HAS_EXPIRED', 'ERR_TLS_CERT_ALTNAME_INVALID'])(
    '%s: true',
    (code) => {
      expect(neverConnected(wrapped(Object.assign(new Error(code), { code })))).toBe(true);
    },
  );

  it.each(['UND_ERR_SOCKET', 'UND_ERR_HEADERS_TIMEOUT', 'ERR_SSL_WRONG_VERSION_NUMBER'])(
    '%s: false',
    (code) => {
      expect(neverConnected(wrapped(Object.assign(new Error(code), { code })))).toBe(false);
    },
  );

  it('does not follow a ring of causes for ever', () => {
    const ring = new Error('a');
    ring.cause = ring;
    expect(neverConnected(ring)).toBe(false);
  });
});
