const WORDS: Readonly<Record<string, string>> = {
  true: 'true',
  '1': 'true',
  yes: 'true',
  on: 'true',
  false: 'false',
  '0': 'false',
  no: 'false',
  off: 'false',
};

/** `1`, `yes`, `on` and so on, in any case, as the `true` or `false` that the schema takes; the rest as it is. */
export function normaliseFlag(value: string): string {
  return WORDS[value.trim().toLowerCase()] ?? value;
}
