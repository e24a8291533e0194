import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { ConfigError } from './error.ts';

/** As `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface EnvironmentOptions {
  /**
   * File of `NAME=value` lines read beside the environment, which wins. `false` reads none. Default: the
   * variable `ENV_FILE` (where `none` reads none), else `.env` in the working directory.
   */
  readonly dotenvPath?: string | false;
}

/** The environment over the file beside it; a variable set to nothing counts as unset. */
export function readEnvironment(env: Environment, options: EnvironmentOptions = {}): Record<string, string> {
  return { ...onlySet(readDotenv(dotenvPathOf(env, options))), ...onlySet(env) };
}

function onlySet(env: Environment): Record<string, string> {
  const set: Record<string, string> = {};
  for (const [name, value] of Object.entries(env)) {
    if (value !== undefined && value.trim() !== '') set[name] = value;
  }
  return set;
}

function dotenvPathOf(
  env: Environment,
  options: EnvironmentOptions,
): { path: string; named: boolean } | null {
  const path = options.dotenvPath ?? env['ENV_FILE'];
  if (path === false || path === 'none') return null;
  return path === undefined || path === '' ? { path: '.env', named: false } : { path, named: true };
}

function readDotenv(file: { path: string; named: boolean } | null): Environment {
  if (file === null) return {};
  try {
    return parseEnv(readFileSync(file.path, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    // Only the default file may be absent: whoever names one expects it to count.
    if (code === 'ENOENT' && !file.named) return {};
    throw new ConfigError([`the file ${file.path} cannot be read (${code})`]);
  }
}
