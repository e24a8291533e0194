import type { TSchema } from 'typebox';
import type { FastifySchemaCompiler } from 'fastify';
import { RequestInvalid } from '../contract/request-invalid.ts';
import { compileValidator, type RequestPart } from '../contract/validator.ts';

const PARTS: Readonly<Record<string, RequestPart>> = { body: 'body', params: 'path', querystring: 'query' };

/** Lets Fastify validate with the contract's own validator. Headers are described, never refused. */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const part = PARTS[httpPart ?? ''];
  if (part === undefined) return (value: unknown) => ({ value });
  const validate = compileValidator(schema, part);
  return (value: unknown) => {
    const result = validate(value);
    return 'faults' in result ? { error: new RequestInvalid(result.faults) } : { value: result.value };
  };
};
