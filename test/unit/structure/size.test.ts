/** Files stay small enough to be read at one sitting: none above 350 lines, the usual one below 60. */
import { extname } from 'node:path';
import { ESLint } from 'eslint';
import { expect, it } from 'vitest';
import { REPOSITORY, lineCount, productFiles, read, repositoryFiles } from './repository.ts';

const CODE = new Set(['.ts', '.js', '.sql', '.sh', '.py']);
/** Generated, or one line of data each. */
const NOT_WRITTEN = new Set(['ledger/schema.sql']);
const MAX_LINES = 350;
const MEDIAN_LINES = 60;

it('no file of code is longer than 350 lines', () => {
  const long = repositoryFiles()
    .filter((path) => CODE.has(extname(path)) && !NOT_WRITTEN.has(path))
    .map((path) => ({ path, lines: lineCount(read(path)) }))
    .filter(({ lines }) => lines > MAX_LINES);
  expect(long).toEqual([]);
});

it('half of the product files have fewer than 60 lines', () => {
  const lengths = productFiles().map((path) => lineCount(read(path)));
  const sorted = lengths.toSorted((one, other) => one - other);
  expect(sorted.length).toBeGreaterThan(10);
  expect(sorted[Math.floor(sorted.length / 2)]).toBeLessThan(MEDIAN_LINES);
});

it('every folder with TypeScript is a room the lint knows', async () => {
  const rooms = new Set(
    repositoryFiles()
      .filter((path) => extname(path) === '.ts' && path.includes('/'))
      .map((path) => path.split('/')[0] ?? ''),
  );
  // docs/ holds the examples that the README quotes; they import nothing of ours.
  rooms.delete('docs');
  const lint = new ESLint({ cwd: REPOSITORY });
  for (const room of rooms) {
    const config = (await lint.calculateConfigForFile(`${room}/any.ts`)) as {
      rules: Record<string, unknown>;
    };
    expect(config.rules, `eslint.config.js draws no arrows for ${room}/`).toHaveProperty([
      '@typescript-eslint/no-restricted-imports',
    ]);
  }
});

it('file names are kebab-case', () => {
  const odd = repositoryFiles().filter(
    (path) =>
      ['.ts', '.js', '.sql'].includes(extname(path)) && !/^[a-z0-9.-]+$/.test(path.split('/').at(-1) ?? ''),
  );
  // node-pg-migrate orders migrations by number and takes the rest of the name after an underscore.
  expect(odd.filter((path) => !path.startsWith('ledger/migrations/'))).toEqual([]);
});
