import { envSchema } from 'env-schema';
import { crossProblems } from './cross-checks.ts';
import { readEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
import { ConfigError } from './error.ts';
import { normaliseFlag } from './flags.ts';
import { sealConfig } from './hide-secrets.ts';
import { needProblems, type Need } from './needs.ts';
import { ConfigSchema, type Config } from './schema.ts';
import { schemaProblems } from './schema-problems.ts';
import { connectOptionsFrom, namesProfile } from './temporal.ts';

export interface LoadOptions extends EnvironmentOptions {
  /** What the process cannot run without; absent ones are reported with all other problems. */
  readonly needs?: readonly Need[];
}

/**
 * The effective configuration, frozen: environment over `.env` over defaults. Secrets hide themselves when the
 * value is printed. Throws {@link ConfigError} with every problem at once.
 */
export function loadConfig(env: Environment, options: LoadOptions = {}): Config {
  const environment = readEnvironment(env, options);
  const settings = { ...temporalProfile(environment), ...ownSettings(environment) };
  const candidate = { ...defaults(), ...settings };
  const problems: string[] = [];
  const config = validate(settings, problems);
  problems.push(...crossProblems(candidate), ...needProblems(candidate, options.needs ?? []));
  if (problems.length > 0 || config === null) throw new ConfigError(problems);
  return sealConfig(config);
}

function validate(settings: Record<string, string>, problems: string[]): Config | null {
  try {
    return envSchema<Config>({
      schema: { ...ConfigSchema },
      data: settings,
      env: false,
      ajv: { customOptions: (ajv) => ajv.addKeyword('secret') },
    });
  } catch (error) {
    problems.push(...schemaProblems(error, settings));
    return null;
  }
}

/** Our own variables only: the schema refuses nothing else, and the rest of the environment is not our business. */
function ownSettings(environment: Readonly<Record<string, string>>): Record<string, string> {
  const own: Record<string, string> = {};
  for (const [name, property] of Object.entries(ConfigSchema.properties)) {
    const value = environment[name];
    if (value === undefined) continue;
    own[name] = 'type' in property && property.type === 'boolean' ? normaliseFlag(value) : value.trim();
  }
  return own;
}

function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ConfigSchema.properties).flatMap(([name, property]) =>
      'default' in property ? [[name, String(property.default)]] : [],
    ),
  );
}

/** Address and namespace out of a named connection profile, where the variables do not give them. */
function temporalProfile(environment: Record<string, string>): Record<string, string> {
  if (!namesProfile(environment)) return {};
  const { connectionOptions, namespace } = connectOptionsFrom(environment);
  return {
    ...(connectionOptions.address ? { TEMPORAL_ADDRESS: connectionOptions.address } : {}),
    ...(namespace ? { TEMPORAL_NAMESPACE: namespace } : {}),
  };
}
