/** The names that a writer of cached results uses, as byte strings. */

export const RESULT = '.result.json.lz4';
export const METADATA = '.metadata.json';
/** Behind either of them while it is being written. */
const UNFINISHED = '.tmp';

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
