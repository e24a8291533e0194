/** The names that a writer of cached results uses. Names and paths are byte strings: one character a byte. */

export const RESULT = '.result.json.lz4';
export const METADATA = '.metadata.json';
/** Behind either of them while it is being written. */
const UNFINISHED = '.tmp';

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

/** `NAME.metadata.json` of `NAME.result.json.lz4`. */
export function metadataOf(result: string): string {
  return result.slice(0, -RESULT.length) + METADATA;
}

/** `NAME.result.json.lz4` of `NAME.metadata.json`. */
export function resultOf(metadata: string): string {
  return metadata.slice(0, -METADATA.length) + RESULT;
}

export function isUnfinished(name: string): boolean {
  return name.endsWith(RESULT + UNFINISHED) || name.endsWith(METADATA + UNFINISHED);
}
