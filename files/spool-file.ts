import { createHash } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Readable } from 'node:stream';
import { ServiceError } from '../domain/errors.ts';

/** Nobody but the service's own user reads what callers upload. */
const PRIVATE_DIRECTORY = 0o700;
const PRIVATE_FILE = 0o600;

/** What a stream held. */
export interface Measured {
  readonly sizeBytes: number;
  /** Hexadecimal, lower case. */
  readonly sha256: string;
}

/**
 * Writes a stream to a new file, chunk by chunk, each written before the next is asked for. A failure leaves no file:
 * `FILE_TOO_LARGE` as soon as more than `maxBytes` have come, `SPOOL_UNAVAILABLE` where the disk does not take it, and
 * whatever the stream itself fails with.
 */
export async function writeSpoolFile(path: string, stream: Readable, maxBytes: number): Promise<Measured> {
  const file = await onDisk(() => create(path));
  try {
    const measured = await copy(stream, file, maxBytes);
    await onDisk(() => file.close());
    return measured;
  } catch (error) {
    await file.close().catch(() => undefined); // told by the first error, or closed already
    await rm(path, { force: true });
    throw error;
  }
}

/** The folder may have been taken away while nothing was in it. */
async function create(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: PRIVATE_DIRECTORY });
  return open(path, 'wx', PRIVATE_FILE);
}

async function copy(stream: Readable, file: FileHandle, maxBytes: number): Promise<Measured> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new ServiceError('FILE_TOO_LARGE');
    hash.update(chunk);
    await onDisk(() => file.writeFile(chunk));
  }
  return { sizeBytes, sha256: hash.digest('hex') };
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ServiceError('SPOOL_UNAVAILABLE', { cause: error });
  }
}
