const WORDS = new Map<string, boolean>([
  ['true', true],
  ['1', true],
  ['yes', true],
  ['on', true],
  ['false', false],
  ['0', false],
  ['no', false],
  ['off', false],
]);

/** Reads a boolean as the contract allows it: true/false, 1/0 and eight words in any case; else `undefined`. */
export function parseFlag(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  if (value === 1) return true;
  if (value === 0) return false;
  return typeof value === 'string' ? WORDS.get(value.toLowerCase()) : undefined;
}
