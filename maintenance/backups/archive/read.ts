import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DamagedArchiveError } from './format.ts';

/** One file of an archive. Its content has to be read, or left, before the next one comes. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  /** Throws {@link DamagedArchiveError} where it breaks off. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** What breaks while something is read of the archive is the archive, unless the reader was told to stop. */
async function* reading<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T> {
  try {
    yield* items;
  } catch (error) {
    signal.throwIfAborted();
    throw new DamagedArchiveError(`not a whole archive: ${String(error)}`);
  }
}

/** The files of an archive, one after another. Throws {@link DamagedArchiveError} for what is not whole. */
export async function* readEntries(path: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const archive = extract();
  const read = pipeline(createReadStream(path), createGunzip(), archive, { signal });
  read.catch(() => undefined); // awaited below, where nothing else has told of it
  try {
    for await (const entry of reading(archive, signal)) {
      const { name, size = 0 } = entry.header;
      yield { name, size, content: reading(entry as AsyncIterable<Uint8Array>, signal) };
      entry.resume();
    }
    await read;
  } finally {
    archive.destroy();
  }
}
