import { openAsBlob } from 'node:fs';
import type { NewFile } from './port.ts';

/**
 * The file as the SDK sends it: read from disk as the connection takes it. Its own path for files, `fs.ReadStream`,
 * reads everything into memory first. Bytes that change after this end the upload. Throws the file system's error, or
 * a plain one where the size is another than is told: nothing was sent then.
 */
export async function openUpload(file: NewFile): Promise<File> {
  const bytes = await openAsBlob(file.path, { type: file.mimeType });
  if (bytes.size !== file.sizeBytes) {
    throw new Error(`The file to be uploaded has ${bytes.size} bytes, not ${file.sizeBytes}.`);
  }
  return new File([bytes], file.filename, { type: file.mimeType });
}
