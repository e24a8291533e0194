import mime from 'mime';

/** Says nothing. */
const UNKNOWN = 'application/octet-stream';
/** A type as it may be registered (RFC 6838, 4.2). */
const SANE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/;
/** The library knows no Python, and takes TypeScript for a video; these are the names that providers use. */
const SOURCES = new Map([
  ['py', 'text/x-python'],
  ['ts', 'application/typescript'],
]);

/** The type of a file: what its sender says, unless that says nothing, else what its extension says. */
export function mimeTypeOf(said: string, filename: string): string {
  const type = said.toLowerCase();
  if (SANE.test(type) && type !== UNKNOWN) return type;
  const extension = filename.slice(filename.lastIndexOf('.') + 1).toLowerCase();
  return SOURCES.get(extension) ?? mime.getType(extension) ?? UNKNOWN;
}
