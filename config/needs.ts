import type { Candidate } from './cross-checks.ts';
import { ConfigError } from './error.ts';
import { KEY_SETTINGS } from './provider.ts';
import type { Config } from './schema.ts';

/**
 * What a process cannot run without: `provider` (a key of any provider, or TEST_MODE), `servers` (a database and Temporal),
 * `database`, and `simulator` (its address, in TEST_MODE, where nobody else starts one).
 */
export type Need = 'provider' | 'servers' | 'database' | 'simulator';

const PROBLEMS: Readonly<Record<Need, (candidate: Candidate) => string[]>> = {
  provider: (candidate) =>
    isTestMode(candidate) || KEY_SETTINGS.some((name) => candidate[name] !== undefined)
      ? []
      : [
          'no provider: set OPENAI_API_KEY to lease real vector stores, ' +
            'KIMI_API_KEY or GLM_API_KEY to upload files alone, or TEST_MODE=true to use the simulator',
        ],
  servers: (candidate) => [...missing(candidate, 'DATABASE_URL'), ...missing(candidate, 'TEMPORAL_ADDRESS')],
  database: (candidate) => missing(candidate, 'DATABASE_URL'),
  simulator: (candidate) =>
    isTestMode(candidate) && candidate['SIMULATOR_URL'] === undefined
      ? [
          'SIMULATOR_URL: needed in TEST_MODE; `npm run simulator` starts one, `npm run demo` brings everything',
        ]
      : [],
};

/** The problems that the named needs have with these settings. */
export function needProblems(candidate: Candidate, needs: readonly Need[]): string[] {
  return needs.flatMap((need) => PROBLEMS[need](candidate));
}

/** Throws {@link ConfigError} where neither a key nor TEST_MODE is set; names the ways out. */
export function requireProvider(config: Config): void {
  throwIfAny(needProblems(config, ['provider']));
}

/** For api and worker on their own: throws {@link ConfigError} where an address they need is missing. */
export function requireServers(config: Config): void {
  throwIfAny(needProblems(config, ['servers', 'simulator']));
}

function throwIfAny(problems: readonly string[]): void {
  if (problems.length > 0) throw new ConfigError(problems);
}

function isTestMode(candidate: Candidate): boolean {
  return candidate['TEST_MODE'] === true;
}

function missing(candidate: Candidate, name: string): string[] {
  if (candidate[name] !== undefined) return [];
  return [`${name}: needed by this process; \`npm start\` brings its own servers instead`];
}
