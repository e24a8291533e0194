import { Gauge, type Registry } from 'prom-client';
import { limited } from './limited.ts';

/** A directory of this process; what is not known of it is undefined. */
export interface DirectoryReading {
  /** A word of ours for what the directory is there for. */
  readonly name: string;
  /** At the last walk through it. */
  readonly content?: { readonly bytes: number; readonly files: number } | undefined;
  /** Of its file system, now; in bytes. */
  readonly space?: { readonly free: number; readonly size: number } | undefined;
}

/** Registers the gauges over directories and gives the function that brings them up to date; it never throws. */
export function createDirectoryGauges(
  registry: Registry,
  read: () => Promise<readonly DirectoryReading[]>,
): () => Promise<void> {
  const gauge = (name: string, help: string) =>
    new Gauge({
      name: `loiter_killer_directory_${name}`,
      help,
      labelNames: ['directory'],
      registers: [registry],
    });
  const bytes = gauge('bytes', 'Bytes of the files in the directory and all below it, at the last walk.');
  const files = gauge('files', 'Files in the directory and all below it, at the last walk.');
  const free = gauge('free_bytes', 'Bytes that are left for this service on its file system.');
  const size = gauge('filesystem_bytes', 'Size of its file system.');
  return async () => {
    const seen = (await limited(read)) ?? [];
    // A directory that is missing has no value; an old one would look like news.
    for (const each of [bytes, files, free, size]) each.reset();
    for (const { name, content, space } of seen) {
      const labels = { directory: name };
      if (content !== undefined) bytes.set(labels, content.bytes);
      if (content !== undefined) files.set(labels, content.files);
      if (space !== undefined) free.set(labels, space.free);
      if (space !== undefined) size.set(labels, space.size);
    }
  };
}
