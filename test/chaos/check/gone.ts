import type { Facts } from './facts.ts';

/** When the store or file was gone; Infinity where it never was. */
export function deletedAt(facts: Facts, target: string): number {
  const gone = facts.history.provider.find((entry) => entry.target === target && entry.effect === 'deleted');
  return Math.min(gone?.effect_at_ms ?? Infinity, facts.vanishedAt(target));
}

/** A provider that said "deleted" and did nothing: only the sweep can find out. */
export function wasLiedTo(facts: Facts, target: string): boolean {
  return facts.history.provider.some((entry) => entry.target === target && entry.fault === 'delete_noop');
}
