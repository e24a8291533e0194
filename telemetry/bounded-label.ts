/** Words of our own. */
const LABEL = /^[A-Za-z][A-Za-z0-9_]{0,39}$/;
/** What a label says for every value beyond its bound. */
const OTHER = 'other';

/**
 * Keeps a label's values few whatever it is fed with: the first `limit` well-formed values pass, the rest is
 * `other`. Each value of a label is a time series for ever.
 */
export function boundedLabel(limit: number, wellFormed = LABEL): (value: string) => string {
  const known = new Set<string>();
  return (value) => {
    if (known.has(value)) return value;
    if (known.size >= limit || !wellFormed.test(value)) return OTHER;
    known.add(value);
    return value;
  };
}
