import { isDeepStrictEqual } from 'node:util';
import type { DumpedTable } from '../../../ledger/dump/index.ts';
import {
  DamagedArchiveError,
  FORMAT,
  MANIFEST,
  MOST_JSON_BYTES,
  SCHEMA,
  tableOf,
  type ArchiveManifest,
  type ArchiveSchema,
  type TableSum,
} from './format.ts';
import { readEntries, type ArchiveEntry } from './read.ts';
import { tableSum } from './table-sum.ts';

/** An archive that is being read from its beginning to its end. */
export interface OpenArchive {
  readonly schema: ArchiveSchema;
  /** The rows of a table; the tables in their order, each to its end. */
  rows(table: DumpedTable): AsyncIterable<Uint8Array>;
  /** After the last table: what the archive says of itself, which is what was read. */
  finish(): Promise<ArchiveManifest>;
}

interface Cursor {
  /** The entry that is next, or undefined at the end. */
  peek(): Promise<ArchiveEntry | undefined>;
  pass(): void;
}

function cursorOver(entries: AsyncIterator<ArchiveEntry>): Cursor {
  let next: IteratorResult<ArchiveEntry, unknown> | undefined;
  return {
    peek: async () => {
      next ??= await entries.next();
      return next.done === true ? undefined : next.value;
    },
    pass: () => {
      next = undefined;
    },
  };
}

async function takeJson<T extends { readonly format: number }>(cursor: Cursor, name: string): Promise<T> {
  const entry = await cursor.peek();
  if (entry?.name !== name) throw new DamagedArchiveError(`${name} is missing`);
  if (entry.size > MOST_JSON_BYTES) throw new DamagedArchiveError(`${name} is too large`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of entry.content) chunks.push(chunk);
  cursor.pass();
  const value = parse(Buffer.concat(chunks).toString()) as T | undefined;
  if (value?.format !== FORMAT) throw new DamagedArchiveError(`${name} is not of format ${FORMAT}`);
  return value;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

async function* takeRows(cursor: Cursor, name: string, sums: TableSum[]): AsyncGenerator<Uint8Array> {
  const { add, sum } = tableSum(name);
  for (;;) {
    const entry = await cursor.peek();
    if (entry === undefined || tableOf(entry.name) !== name) break;
    for await (const chunk of entry.content) {
      add(chunk);
      yield chunk;
    }
    cursor.pass();
  }
  sums.push(sum());
}

async function finish(cursor: Cursor, sums: readonly TableSum[]): Promise<ArchiveManifest> {
  const manifest = await takeJson<ArchiveManifest>(cursor, MANIFEST);
  if ((await cursor.peek()) !== undefined)
    throw new DamagedArchiveError('there is more than there should be');
  if (!isDeepStrictEqual(manifest.tables, sums)) {
    throw new DamagedArchiveError('the tables are not what they were when the backup was made');
  }
  return manifest;
}

/** Lends `work` an archive to read. Throws {@link DamagedArchiveError} for one that is not whole. */
export async function withArchive<T>(
  path: string,
  signal: AbortSignal,
  work: (archive: OpenArchive) => Promise<T>,
): Promise<T> {
  const entries = readEntries(path, signal);
  const cursor = cursorOver(entries);
  const sums: TableSum[] = [];
  try {
    const schema = await takeJson<ArchiveSchema>(cursor, SCHEMA);
    return await work({
      schema,
      rows: ({ name }) => takeRows(cursor, name, sums),
      finish: () => finish(cursor, sums),
    });
  } finally {
    await entries.return(undefined);
  }
}

/** Reads a whole archive; throws {@link DamagedArchiveError} unless it is what was written. */
export async function checkArchive(path: string, signal: AbortSignal, heartbeat: () => void): Promise<void> {
  await withArchive(path, signal, async (archive) => {
    for (const table of archive.schema.tables) {
      for await (const rows of archive.rows(table)) if (rows.length > 0) heartbeat();
    }
    await archive.finish();
  });
}
