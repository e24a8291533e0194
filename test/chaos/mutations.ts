import type { Options } from './options.ts';
export function proveChecker(_options: Options): Promise<boolean> {
  return Promise.resolve(false);
}
