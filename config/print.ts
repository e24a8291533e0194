/** `npm run config`: the effective settings, secrets hidden. */
import { exitOnConfigError } from './error.ts';
import { HIDDEN, SECRET_NAMES } from './hide-secrets.ts';
import { loadConfig } from './load.ts';
import { ConfigSchema, type Config } from './schema.ts';
import { configWarnings } from './warnings.ts';

/** `NAME=value` lines in the order of the schema; unset ones are shown as such. */
export function printableConfig(config: Config): string {
  const values: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>> = {
    ...config,
  };
  const lines = Object.keys(ConfigSchema.properties).map((name) => {
    const value = values[name];
    if (value === undefined) return `${name}=`;
    return `${name}=${SECRET_NAMES.has(name) ? HIDDEN : String(value)}`;
  });
  return `${lines.join('\n')}\n`;
}

if (import.meta.main) {
  const config = exitOnConfigError(() => loadConfig(process.env));
  process.stdout.write(printableConfig(config));
  for (const warning of configWarnings(config)) process.stderr.write(`warning: ${warning}\n`);
}
