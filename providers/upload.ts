import { open, type FileHandle } from 'node:fs/promises';
import type { NewFile } from './port.ts';

/**
 * The file on disk, opened: from here on it may be removed. Throws the file system's error, or a plain one where its
 * size is another than is told; nothing was sent then.
 */
export async function openUpload(file: NewFile): Promise<FileHandle> {
  const handle = await open(file.path, 'r');
  try {
    const { size } = await handle.stat();
    if (size !== file.sizeBytes)
      throw new Error(`The file to be uploaded has ${size} bytes, not ${file.sizeBytes}.`);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}
