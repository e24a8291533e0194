/** Names and paths as byte strings, one character a byte: a name need not be UTF-8. */

const NOT_ASCII = /[\u0080-\u00ff]/;

/** A byte string as the file system's functions take it. */
export function asPath(bytes: string): string | Buffer {
  return NOT_ASCII.test(bytes) ? Buffer.from(bytes, 'latin1') : bytes;
}

/** A path of this process's own as a byte string. */
export function toBytes(path: string): string {
  return Buffer.from(path).toString('latin1');
}

/** A byte string for people and logs. */
export function toText(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
