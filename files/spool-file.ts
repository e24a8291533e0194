import { createHash } from 'node:crypto';
import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Writable, type Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
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
 * Writes a stream to a new file, chunk by chunk, each written before the next is asked for; a chunk must have no other
 * reader, its memory is given back at once. A failure leaves no file:
 * `FILE_TOO_LARGE` as soon as more than `maxBytes` have come, `SPOOL_UNAVAILABLE` where the disk does not take it, and
 * whatever the stream itself fails with.
 */
export async function writeSpoolFile(path: string, stream: Readable, maxBytes: number): Promise<Measured> {
  // It may fail before it is read: then the reading fails with that.
  stream.on('error', () => undefined);
  let file: FileHandle | undefined;
  try {
    file = await onDisk(() => create(path));
    const measured = await copy(stream, file, maxBytes);
    await onDisk(file.close.bind(file));
    return measured;
  } catch (error) {
    stream.destroy();
    // Told by the first error, or closed already; what cannot be removed goes with the folder.
    await file?.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
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
  const take = async (chunk: Buffer): Promise<void> => {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) throw new ServiceError('FILE_TOO_LARGE');
    hash.update(chunk);
    await onDisk(() => file.writeFile(chunk));
    giveBack(chunk);
  };
  // Chunk by chunk as they came: a loop over the stream would get copies of several in one.
  const sink = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      take(chunk).then(() => {
        done();
      }, done);
    },
  });
  await pipeline(stream, sink);
  return { sizeBytes, sha256: hash.digest('hex') };
}

/**
 * Frees the memory of a chunk that nobody needs any more, where it is the chunk's alone. Left to the garbage collector,
 * which looks at the heap and not at what hangs on it, 40 MB of such chunks pile up while 100 MB come in.
 */
function giveBack({ buffer, byteLength }: Buffer): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffer.transfer(0);
}

async function onDisk<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ServiceError('SPOOL_UNAVAILABLE', { cause: error });
  }
}
