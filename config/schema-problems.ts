import { SECRET_NAMES } from './hide-secrets.ts';

/** The parts of a validation error that a sentence is made of. */
interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** One sentence per refused variable; values are quoted except for secrets. Other errors are thrown on. */
export function schemaProblems(error: unknown, settings: Readonly<Record<string, string>>): string[] {
  const errors = error instanceof Error && 'errors' in error ? error.errors : undefined;
  if (!Array.isArray(errors)) throw error;
  return (errors as SchemaError[]).map((problem) => {
    const name = problem.instancePath.slice(1);
    const shown = SECRET_NAMES.has(name) ? '' : `, not "${settings[name] ?? ''}"`;
    return `${name}: ${wanted(problem)}${shown}`;
  });
}

function wanted(problem: SchemaError): string {
  if (problem.keyword === 'enum') return `must be one of ${list(problem.params['allowedValues'])}`;
  if (problem.keyword === 'type' && problem.params['type'] === 'boolean') {
    return 'must be true or false (or 1/0, yes/no, on/off)';
  }
  if (problem.keyword === 'type' && problem.params['type'] === 'integer') return 'must be a whole number';
  return problem.message ?? 'is not valid';
}

function list(values: unknown): string {
  return Array.isArray(values) ? values.join(', ') : '';
}
