import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { DamagedArchiveError } from './format.ts';

/** One file of an archive. Its content has to be read, or left, before the next one comes. */
export interface ArchiveEntry {
  readonly name: string;
  readonly size: number;
  readonly content: AsyncIterable<Uint8Array>;
}

/** The files of an archive, one after another. Throws {@link DamagedArchiveError} for what is not whole. */
export async function* readEntries(path: string, signal: AbortSignal): AsyncGenerator<ArchiveEntry> {
  const archive = extract();
  const read = pipeline(createReadStream(path), createGunzip(), archive, { signal });
  read.catch(() => undefined); // awaited below
  try {
    for await (const entry of archive) {
      yield {
        name: entry.header.name,
        size: entry.header.size ?? 0,
        content: entry as AsyncIterable<Uint8Array>,
      };
      entry.resume();
    }
    await read;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof DamagedArchiveError) throw error;
    await read.catch((reason: unknown) => {
      throw new DamagedArchiveError(`not a whole archive: ${String(reason)}`);
    });
    throw error;
  } finally {
    archive.destroy();
  }
}
