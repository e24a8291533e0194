import { exitOnConfigError } from './error.ts';
import { loadConfig } from './load.ts';
import type { Need } from './needs.ts';
import type { Config } from './schema.ts';
import { applyTimeZone } from './time-zone.ts';
import { temporalConnectOptions, type TemporalConnectOptions } from './temporal.ts';

export interface ProcessConfig {
  readonly config: Config;
  readonly temporal: TemporalConnectOptions;
}

/** The configuration of this process, for a composition root; one that does not work ends it with exit code 2. */
export function loadProcessConfig(needs: readonly Need[]): ProcessConfig {
  const loaded = exitOnConfigError(() => ({
    config: loadConfig(process.env, { needs }),
    temporal: temporalConnectOptions(process.env),
  }));
  applyTimeZone(loaded.config);
  return loaded;
}
