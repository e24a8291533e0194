import { createHash } from 'node:crypto';
import type { Content } from './contract.ts';

/** What is sent. */
export interface Sent {
  readonly filename: string;
  readonly text: string;
  /** Hexadecimal. */
  readonly sha256: string;
}

/** More than a socket takes at once: an upload may break off in the middle of it. */
const LARGE_BYTES = 400_000;

/** Files at the provider that are somebody else's. */
export const FOREIGN_FILES = 4;

/** The name that the files of somebody else have, and all that is in them. */
export function foreignName(n: number): string {
  return `foreign-${n}`;
}

function textOf(seed: number, { kind, n }: Content): string {
  const label = `${kind} ${n} of ${seed}\n`;
  return kind === 'common' && n === 0 ? label.repeat(LARGE_BYTES / label.length) : label;
}

/** The very content that a seed's schedule means: no other schedule has it. */
export function contentOf(seed: number, content: Content): Sent {
  const { kind, n } = content;
  const namesake = foreignName(n % FOREIGN_FILES);
  const isNamesake = kind === 'namesake';
  const text = isNamesake
    ? `${seed.toString(36)}.${n.toString(36)}`.padStart(namesake.length, '#')
    : textOf(seed, content);
  const filename = isNamesake ? `${namesake}.txt` : `${kind}-${seed}-${n}.md`;
  return { filename, text, sha256: createHash('sha256').update(text).digest('hex') };
}
