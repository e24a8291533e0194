import { ServiceError } from '../domain/errors.ts';
import { nameProblem } from '../domain/file-name.ts';
import type { FileSettings } from './settings.ts';

/** Throws `FILENAME_INVALID` or `EXTENSION_NOT_ALLOWED`. */
export function checkName(settings: Pick<FileSettings, 'allowedExtensions'>, filename: string): void {
  const problem = nameProblem(filename, settings.allowedExtensions);
  if (problem !== undefined) throw new ServiceError(problem);
}
