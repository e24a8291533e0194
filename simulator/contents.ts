import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FileRecord } from './records.ts';

/** Bytes up to which a content stays in memory and in the log; a larger one is a file of its own. */
const INLINE_BYTES = 64 * 1024;

/** A content that arrived: whole in memory, or in a file that waits to be adopted. */
export interface Received {
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly inline: Buffer | null;
  readonly path: string | null;
}

/** Where the bytes of files are. */
export interface Contents {
  /** Takes a content in, never more of it in memory than a small one. */
  readonly receive: (chunks: AsyncIterable<Uint8Array>) => Promise<Received>;
  /** Makes it the content of a file; resolves what the file's record says of it: base64, or null. */
  readonly adopt: (received: Received, id: string) => string | null;
  readonly discard: (received: Received) => void;
  /** The bytes, or the path of the file that holds them. */
  readonly of: (file: FileRecord) => Buffer | string;
  readonly drop: (id: string) => void;
  /** Removes what belongs to none of the ids: it was cut short by a crash. */
  readonly keepOnly: (ids: ReadonlySet<string>) => void;
  readonly close: () => void;
}

async function receiveInto(newPath: () => string, chunks: AsyncIterable<Uint8Array>): Promise<Received> {
  const hash = createHash('sha256');
  const parts: Uint8Array[] = [];
  let bytes = 0;
  let path: string | null = null;
  let file: Awaited<ReturnType<typeof open>> | undefined;
  try {
    for await (const chunk of chunks) {
      hash.update(chunk);
      bytes += chunk.byteLength;
      parts.push(chunk);
      if (bytes <= INLINE_BYTES) continue;
      path ??= newPath();
      file ??= await open(path, 'wx');
      for (const part of parts.splice(0)) await file.writeFile(part);
    }
  } catch (error) {
    if (path !== null) rmSync(path, { force: true });
    throw error;
  } finally {
    await file?.close();
  }
  return { bytes, sha256: hash.digest('hex'), inline: path === null ? Buffer.concat(parts) : null, path };
}

/** Opens the directory of the contents, made with the first large one; absent: a temporary one that goes at the end. */
export function openContents(directory: string | undefined): Contents {
  let place = directory;
  const placeOf = (name: string): string => {
    if (place === undefined) place = mkdtempSync(join(tmpdir(), 'simulator-contents-'));
    else mkdirSync(place, { recursive: true });
    return join(place, name);
  };
  return {
    receive: (chunks) => receiveInto(() => placeOf(`incoming-${randomUUID()}`), chunks),
    adopt: ({ inline, path }, id) => {
      if (path !== null) renameSync(path, placeOf(id));
      return inline?.toString('base64') ?? null;
    },
    discard: ({ path }) => {
      if (path !== null) rmSync(path, { force: true });
    },
    of: ({ id, content }) => (content === null ? placeOf(id) : Buffer.from(content, 'base64')),
    drop: (id) => {
      if (place !== undefined) rmSync(join(place, id), { force: true });
    },
    keepOnly: (ids) => {
      if (place === undefined || !existsSync(place)) return;
      for (const name of readdirSync(place)) if (!ids.has(name)) rmSync(join(place, name), { force: true });
    },
    close: () => {
      if (directory === undefined && place !== undefined) rmSync(place, { recursive: true, force: true });
    },
  };
}
