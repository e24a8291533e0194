import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Prometheus's own checker, which Debian has in its package `prometheus`: as `PROMTOOL` says, or on the PATH. */
export function findPromtool(): string | undefined {
  const named = process.env['PROMTOOL'];
  if (named !== undefined && named !== '') return named;
  const places = (process.env['PATH'] ?? '').split(delimiter).map((place) => join(place, 'promtool'));
  return places.find((place) => existsSync(place));
}
