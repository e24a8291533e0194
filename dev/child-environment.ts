import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The top of this checkout, where `api/main.ts` and the other programs are. */
export const PROJECT_ROOT = fileURLToPath(new URL('../', import.meta.url));

/** Where Node keeps what it has compiled: an api or a worker then starts with half the work. */
const COMPILE_CACHE = join(PROJECT_ROOT, 'node_modules', '.cache', 'compiled');

/**
 * What a child may keep of our environment: enough to run programs, and nothing that points to a provider, a
 * server, a proxy or a credential.
 */
const KEPT = [
  'PATH',
  'HOME',
  'USER',
  'LANG',
  'LC_ALL',
  'TZ',
  'TMPDIR',
  'TERM',
  'CI',
  'XDG_CACHE_HOME',
  'NODE_EXTRA_CA_CERTS',
];

/** Our environment reduced to that list, with `.env` switched off and a cache for compiled code. */
export function scrubbedEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const kept: Record<string, string> = { ENV_FILE: 'none', NODE_COMPILE_CACHE: COMPILE_CACHE };
  for (const name of KEPT) {
    const value = env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** What `go build` needs on top: its own settings (module proxy, caches) and the way out to the network. */
export function toolchainEnvironment(
  env: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const extra = Object.entries(env).filter(([name]) => /^GO[A-Z]+$|^(https?|no|all)_proxy$/i.test(name));
  return { ...scrubbedEnvironment(env), ...asEnvironment(Object.fromEntries(extra)) };
}

/** Settings as the texts of an environment, lists with commas; unset ones are left out. */
export function asEnvironment(
  settings: Readonly<Record<string, string | number | boolean | readonly string[] | undefined>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}
