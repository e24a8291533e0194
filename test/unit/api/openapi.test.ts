import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { HTTP_STATUS } from '../../../api/status.ts';
import { PROJECT_ROOT } from '../../../dev/child-environment.ts';
import { renderOpenApi } from '../../../dev/render-openapi.ts';
import { ERROR_CODES, type ErrorCode } from '../../../domain/errors.ts';
import { compileValidator } from '../../../contract/validator.ts';
import { stubApp } from './stub.ts';

const read = (file: string): string => readFileSync(`${PROJECT_ROOT}/${file}`, 'utf8');

interface Media {
  readonly schema?: object;
  readonly example?: unknown;
  readonly examples?: object;
}
interface Answer {
  readonly description?: string;
  readonly content?: Record<string, Media>;
}
interface Operation {
  readonly operationId?: string;
  readonly summary?: string;
  readonly parameters?: { in: string; name: string }[];
  readonly requestBody?: { required?: boolean; content: Record<string, Media> };
  readonly responses: Record<string, Answer>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
}

const document = JSON.parse(read('docs/openapi.json')) as Document;
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, path, operation })),
);

describe('docs/openapi.json', () => {
  it('is what the routes say (else: npm run docs:generate)', async () => {
    expect(await renderOpenApi()).toBe(read('docs/openapi.json'));
  });

  it('is OpenAPI 3.1 with every operation named once', () => {
    expect(document.openapi).toMatch(/^3\.1\./);
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids).not.toContain(undefined);
  });

  it.each(operations)('$name is described whole', ({ path, operation }) => {
    expect(operation.summary).toBeTruthy();
    const inPath = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    const described = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    expect(described.map(({ name }) => name)).toEqual(inPath);
    for (const [status, answer] of Object.entries(operation.responses)) {
      expect([status, answer.description]).not.toEqual([status, 'Default Response']);
      if (status === '302') continue;
      const medias = Object.values(answer.content ?? {});
      expect([status, medias.length]).toEqual([status, 1]);
      for (const { schema, example, examples } of medias) {
        expect([status, schema]).not.toEqual([status, undefined]);
        const hasExample =
          example !== undefined || examples !== undefined || JSON.stringify(schema).includes('examples');
        expect([status, hasExample]).toEqual([status, true]);
      }
    }
  });

  it('asks for a body only where one is needed', () => {
    const bodies = operations.flatMap(({ name, operation }) =>
      operation.requestBody === undefined ? [] : [[name, operation.requestBody.required]],
    );
    expect(bodies).toEqual([
      ['post /session/{session_id}/acquire', false],
      ['post /session/{session_id}/files', true],
      ['post /session/{session_id}/register', true],
      ['post /files', true],
      ['post /session/{session_id}/force', true],
      ['post /track/cleanup', true],
    ]);
  });

  it('lets an upload be tried: a form with a file to choose, and fields that may be left out', () => {
    const upload = operations.find(({ name }) => name === 'post /files')?.operation;
    const { schema, ...rest } = upload?.requestBody?.content['multipart/form-data'] ?? {};
    expect(Object.keys(upload?.requestBody?.content ?? {})).toEqual(['multipart/form-data']);
    expect(rest).toEqual({});
    expect(schema).toMatchObject({
      required: ['file'],
      properties: {
        file: { type: 'string', format: 'binary' },
        ...{ purpose: { type: 'string' }, provider: { type: 'string' } },
        ...{ user_id: { type: 'string' }, session_id: { type: 'string' } },
      },
    });
  });

  it('is not changed by being shown: bodies stay optional afterwards', async () => {
    for (let round = 0; round < 2; round += 1) {
      const { app } = await stubApp();
      app.swagger();
      const answer = await app.inject({
        method: 'POST',
        url: '/session/a/acquire',
        headers: { host: 'localhost' },
      });
      await app.close();
      expect(answer.statusCode).toBe(200);
    }
  });

  it('knows no schema that the validator cannot compile', () => {
    expect(() => compileValidator({ type: 'tuple' }, 'body')).toThrow(TypeError);
  });
});

describe('docs/errors.md', () => {
  const rows = [
    ...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)`\s*\| (\d{3})\s*\| (.+?)\s*\| (\w+)\s*\|$/gm),
  ];

  it('lists the codes of the catalogue, no more and no fewer, with the status each is answered with', () => {
    const listed = Object.fromEntries(rows.map(([, code, status]) => [code, Number(status)]));
    expect(listed).toEqual(HTTP_STATUS);
    expect(rows.map(([, code]) => code).sort()).toEqual(Object.keys(ERROR_CODES).sort());
  });

  it('says of each what it means and whether to try again', () => {
    for (const [, code, , meaning, retry] of rows) {
      expect([code, meaning?.length ?? 0]).not.toEqual([code, 0]);
      expect(['no', 'after', 'changed']).toContain(retry);
    }
  });

  it('says that every 503 and 504 that may pass can be tried again', () => {
    const never: ErrorCode[] = ['PROVIDER_HAS_NO_STORES'];
    for (const [, code, status, , retry] of rows) {
      if (status !== '503' && status !== '504') continue;
      expect([code, retry]).toEqual([code, never.includes(code as ErrorCode) ? 'no' : 'after']);
    }
  });
});
