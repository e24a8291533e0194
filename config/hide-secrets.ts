import { inspect } from 'node:util';
import { ConfigSchema, type Config } from './schema.ts';

/** What is shown in place of a secret that has a value. */
export const HIDDEN = '[set]';

/** The names of the settings that must never be shown. */
export const SECRET_NAMES: ReadonlySet<string> = new Set(
  Object.entries(ConfigSchema.properties)
    .filter(([, property]) => 'secret' in property && property.secret === true)
    .map(([name]) => name),
);

/** A copy that may be printed. */
export function withoutSecrets(config: Config): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => [name, SECRET_NAMES.has(name) ? HIDDEN : value]),
  );
}

/** Freezes the configuration and makes `console.log`, `JSON.stringify` and string templates hide its secrets. */
export function sealConfig(config: Config): Config {
  const sealed = { ...config };
  const hidden = () => withoutSecrets(config);
  Object.defineProperty(sealed, 'toJSON', { value: hidden });
  Object.defineProperty(sealed, inspect.custom, { value: hidden });
  for (const value of Object.values(sealed)) Object.freeze(value);
  return Object.freeze(sealed);
}
