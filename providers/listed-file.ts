import { ProviderFailure } from './failure.ts';
import type { ProviderFile } from './port.ts';

/**
 * The file of a listing that has the id, for a provider that cannot be asked for one file. That it is not listed is a
 * hint that it is gone, as any other denial than a 404.
 */
export async function listedFile(
  pages: AsyncIterable<readonly ProviderFile[]>,
  fileId: string,
): Promise<ProviderFile> {
  for await (const page of pages) {
    const found = page.find(({ id }) => id === fileId);
    if (found !== undefined) return found;
  }
  throw new ProviderFailure('retrieve_file: the file is not listed', { kind: 'refused', deniesObject: true });
}
