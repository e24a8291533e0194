import { envSchema } from 'env-schema';
import { crossProblems, type Candidate } from './cross-checks.ts';
import { readEnvironment, type Environment, type EnvironmentOptions } from './environment.ts';
import { ConfigError } from './error.ts';
import { givenSettings, secondNameProblems, type GivenSettings } from './given.ts';
import { sealConfig } from './hide-secrets.ts';
import { needProblems, type Need } from './needs.ts';
import { readSetting, type Readable } from './readers.ts';
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
  const given = { ...temporalProfile(environment), ...givenSettings(environment) };
  const settings = readSettings(given);
  const candidate = { ...defaults(), ...settings };
  const { config, refused } = validate(settings, given);
  const problems = [
    ...secondNameProblems(environment),
    ...refused.values(),
    ...crossProblems(without(candidate, refused), (setting) => given[setting]?.as ?? setting),
    ...needProblems(candidate, options.needs ?? []),
  ];
  if (problems.length > 0 || config === null) throw new ConfigError(problems);
  return sealConfig(config);
}

/** What is refused for itself says nothing about others. */
function without(candidate: Candidate, refused: ReadonlyMap<string, string>): Candidate {
  return Object.fromEntries(Object.entries(candidate).filter(([name]) => !refused.has(name)));
}

interface Validated {
  readonly config: Config | null;
  /** Sentences about the settings that the schema refuses, by name. */
  readonly refused: ReadonlyMap<string, string>;
}

/** What is no part of JSON Schema: see the schema. */
const KEYWORDS = ['secret', 'path', 'wanted'];

function validate(settings: Record<string, unknown>, given: GivenSettings): Validated {
  try {
    const config = envSchema<Config>({
      schema: { ...ConfigSchema },
      data: settings,
      env: false,
      // Our own readers know better what a number looks like than a conversion of JavaScript's.
      ajv: {
        customOptions: (ajv) => {
          ajv.opts.coerceTypes = false;
          return ajv.addVocabulary(KEYWORDS);
        },
      },
    });
    return { config, refused: new Map() };
  } catch (error) {
    return { config: null, refused: schemaProblems(error, given) };
  }
}

function readSettings(given: GivenSettings): Record<string, unknown> {
  const properties = ConfigSchema.properties as Readonly<Record<string, Readable>>;
  return Object.fromEntries(
    Object.entries(given).map(([name, { text }]) => [name, readSetting(properties[name] ?? {}, text)]),
  );
}

function defaults(): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(ConfigSchema.properties).flatMap(([name, property]) =>
      'default' in property ? [[name, property.default]] : [],
    ),
  );
}

/** Address and namespace out of a named connection profile, where the variables do not give them. */
function temporalProfile(environment: Record<string, string>): GivenSettings {
  if (!namesProfile(environment)) return {};
  const { connectionOptions, namespace } = connectOptionsFrom(environment);
  const found = { TEMPORAL_ADDRESS: connectionOptions.address, TEMPORAL_NAMESPACE: namespace };
  return Object.fromEntries(
    Object.entries(found).flatMap(([as, text]) => (text ? [[as, { as, text }]] : [])),
  );
}
