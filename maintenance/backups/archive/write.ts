import { createWriteStream } from 'node:fs';
import { Readable } from 'node:stream';
import { finished, pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { pack, type Pack } from 'tar-stream';
import type { DumpedTable, LedgerSnapshot } from '../../../ledger/dump/index.ts';
import {
  FORMAT,
  MANIFEST,
  partName,
  PART_BYTES,
  SCHEMA,
  type ArchiveManifest,
  type ArchiveSchema,
  type TableSum,
} from './format.ts';
import { tableSum } from './table-sum.ts';

export interface ArchiveWish {
  /** Overwritten. */
  readonly path: string;
  readonly takenAtMs: number;
  readonly signal: AbortSignal;
  readonly heartbeat: () => void;
}

/** Resolves once the disk has taken enough of it: what waits in memory is no more than a part. */
async function addEntry(archive: Pack, name: string, content: Buffer): Promise<void> {
  const entry = archive.entry({ name, size: content.length, mode: 0o600 });
  entry.end(content);
  await finished(entry, { readable: false });
}

async function addJson(archive: Pack, name: string, value: unknown): Promise<void> {
  await addEntry(archive, name, Buffer.from(JSON.stringify(value, null, 2)));
}

async function addTable(
  archive: Pack,
  table: DumpedTable,
  { snapshot, wish }: { readonly snapshot: LedgerSnapshot; readonly wish: ArchiveWish },
): Promise<TableSum> {
  const { add, sum } = tableSum(table.name);
  let [part, bytes] = [0, 0];
  let chunks: Buffer[] = [];
  const flush = async () => {
    part += 1;
    const content = Buffer.concat(chunks);
    [chunks, bytes] = [[], 0];
    add(content);
    await addEntry(archive, partName(table.name, part), content);
    wish.heartbeat();
  };
  for await (const chunk of snapshot.copy(table)) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes >= PART_BYTES) await flush();
  }
  if (bytes > 0 || part === 0) await flush();
  return sum();
}

async function fill(archive: Pack, snapshot: LedgerSnapshot, wish: ArchiveWish): Promise<void> {
  const schema: ArchiveSchema = {
    format: FORMAT,
    created_at: new Date(wish.takenAtMs).toISOString(),
    migrations: snapshot.migrations,
    tables: snapshot.tables,
  };
  await addJson(archive, SCHEMA, schema);
  const tables: TableSum[] = [];
  for (const table of snapshot.tables) tables.push(await addTable(archive, table, { snapshot, wish }));
  const manifest: ArchiveManifest = { format: FORMAT, tables, sequences: await snapshot.sequences() };
  await addJson(archive, MANIFEST, manifest);
  archive.finalize();
}

/** Writes the snapshot to a file, compressed, and forces it to the disk. */
export async function writeArchive(snapshot: LedgerSnapshot, wish: ArchiveWish): Promise<void> {
  const archive = pack();
  const file = createWriteStream(wish.path, { flush: true });
  const written = pipeline(Readable.from(archive), createGzip(), file, { signal: wish.signal });
  const filled = fill(archive, snapshot, wish);
  // Where one side breaks, the other must not wait for it.
  written.catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  filled.catch((error: unknown) =>
    archive.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  const [first, second] = await Promise.allSettled([filled, written]);
  if (second.status === 'rejected') throw second.reason;
  if (first.status === 'rejected') throw first.reason;
}
