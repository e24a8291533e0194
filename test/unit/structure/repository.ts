import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { extname, join, resolve } from 'node:path';

/** Root of the working tree. */
export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** Text of a file, path from the root. */
export function read(path: string): string {
  return readFileSync(join(REPOSITORY, path), 'utf8');
}

/** Files that belong to the repository: tracked, or new and not ignored. Paths from the root. */
export function repositoryFiles(): readonly string[] {
  const listed = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '-z'], {
    cwd: REPOSITORY,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  // A file that is deleted but still tracked is on its way out.
  return listed.split('\0').filter((path) => path !== '' && existsSync(join(REPOSITORY, path)));
}

/** Rooms whose code ships. */
const PRODUCT =
  /^(domain|contract|config|telemetry|ledger|providers|leases|maintenance|workflows|activities|worker|api|operator|simulator|dev)\//;

/** TypeScript of the product itself, tests and bench apart. */
export function productFiles(): readonly string[] {
  return repositoryFiles().filter((path) => PRODUCT.test(path) && extname(path) === '.ts');
}

/** Lines of a text; a final newline makes no further line. */
export function lineCount(text: string): number {
  return text === '' ? 0 : text.replace(/\n$/, '').split('\n').length;
}
