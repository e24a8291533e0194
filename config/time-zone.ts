import type { Config } from './schema.ts';

/** The zone in which times of day are meant: `TZ`, else the machine's. */
export function timeZoneOf(config: Pick<Config, 'TZ'>): string {
  return config.TZ ?? Intl.DateTimeFormat().resolvedOptions().timeZone;
}

/** Makes the process itself keep to `TZ`, also where it is not in the environment but in `.env`. */
export function applyTimeZone(config: Pick<Config, 'TZ'>): void {
  if (config.TZ !== undefined) process.env['TZ'] = config.TZ;
}
