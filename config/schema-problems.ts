import type { GivenSettings } from './given.ts';
import { SECRET_NAMES } from './hide-secrets.ts';
import { ConfigSchema } from './schema.ts';

/** The parts of a validation error that a sentence is made of. */
interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/**
 * What is wrong with each refused setting, by its name in the schema: one sentence, which names the variable as it
 * was given and quotes its value unless that is a secret. Other errors are thrown on.
 */
export function schemaProblems(error: unknown, given: GivenSettings): ReadonlyMap<string, string> {
  const errors = error instanceof Error && 'errors' in error ? error.errors : undefined;
  if (!Array.isArray(errors)) throw error;
  const sentences = (errors as SchemaError[]).map((problem) => {
    const name = problem.instancePath.split('/')[1] ?? '';
    const { as, text } = given[name] ?? { as: name, text: '' };
    const shown = SECRET_NAMES.has(name) ? '' : `, not "${text}"`;
    return [name, `${as}: ${wanted(name, problem)}${shown}`] as const;
  });
  return new Map(sentences);
}

function wanted(name: string, problem: SchemaError): string {
  const properties = ConfigSchema.properties as Readonly<Record<string, { readonly wanted?: string }>>;
  const sentence = properties[name]?.wanted;
  if (sentence !== undefined) return sentence;
  if (problem.keyword === 'enum') return `must be one of ${list(problem.params['allowedValues'])}`;
  if (problem.keyword === 'minItems') return 'must name at least one';
  if (problem.keyword === 'type') return typeWanted(String(problem.params['type']));
  return problem.message ?? 'is not valid';
}

function typeWanted(type: string): string {
  if (type === 'boolean') return 'must be true or false (or 1/0, yes/no, on/off)';
  return type === 'integer' ? 'must be a whole number' : 'must be a number';
}

function list(values: unknown): string {
  return Array.isArray(values) ? values.join(', ') : '';
}
