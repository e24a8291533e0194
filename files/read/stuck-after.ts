import type { FileSettings } from '../settings.ts';

/** When an upload that could not be settled is stuck, in milliseconds since it was sent: as `upkeep` reckons it. */
export function stuckAfterMs(settings: Pick<FileSettings, 'staleAfterMs' | 'stuckAfterMs'>): number {
  return settings.staleAfterMs + settings.stuckAfterMs;
}
