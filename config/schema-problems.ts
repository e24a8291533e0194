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
 * One sentence per refused variable, which is named as it was given; values are quoted except for secrets. Other
 * errors are thrown on.
 */
export function schemaProblems(error: unknown, given: GivenSettings): string[] {
  const errors = error instanceof Error && 'errors' in error ? error.errors : undefined;
  if (!Array.isArray(errors)) throw error;
  const sentences = (errors as SchemaError[]).map((problem) => {
    const name = problem.instancePath.split('/')[1] ?? '';
    const { as, text } = given[name] ?? { as: name, text: '' };
    const shown = SECRET_NAMES.has(name) ? '' : `, not "${text}"`;
    return `${as}: ${wanted(name, problem)}${shown}`;
  });
  // A list with several bad entries is one problem.
  return [...new Set(sentences)];
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
