import { SECRET_NAMES } from './hide-secrets.ts';
import { ConfigSchema } from './schema.ts';

const HEADER = `# Every setting, with its default. Copy to .env and uncomment what you change; the environment wins over the
# file. Generated from config/schema.ts by \`npm run docs:generate\`.
#
# Beside these, Temporal's standard variables are read: TEMPORAL_API_KEY, TEMPORAL_TLS, TEMPORAL_TLS_*,
# TEMPORAL_GRPC_META_*; TEMPORAL_PROFILE and TEMPORAL_CONFIG_FILE name a profile. ENV_FILE names another file than
# .env; ENV_FILE=none reads none.
`;

/** The part of a property that a person wants to know. */
interface Described {
  readonly description?: string;
  readonly default?: string | number | boolean | readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly enum?: readonly string[];
}

/** Text of `.env.example`: every setting commented out, so that copying the file changes nothing. */
export function renderEnvExample(): string {
  const entries = Object.entries(ConfigSchema.properties).map(([name, property]) =>
    describe(name, property as Described),
  );
  return [HEADER, ...entries].join('\n');
}

function describe(name: string, property: Described): string {
  const facts = [property.description ?? '', bounds(property), choices(property)];
  if (SECRET_NAMES.has(name)) facts.push('Secret.');
  const value = property.default === undefined ? '' : String(property.default);
  return `# ${facts.filter((fact) => fact !== '').join(' ')}\n#${name}=${value}\n`;
}

function bounds(property: Described): string {
  if (property.minimum === undefined || property.maximum === undefined) return '';
  return `${property.minimum} to ${property.maximum}.`;
}

function choices(property: Described): string {
  return property.enum === undefined ? '' : `One of ${property.enum.join(', ')}.`;
}
