import type { Dir, Dirent } from 'node:fs';
import { isUnfinished, METADATA, RESULT } from './names.ts';
import { vanished } from '../vanished.ts';

/** Entries looked at in one go: what a directory takes in memory does not grow with it. */
export const CHUNK_ENTRIES = 1_024;

/** Some entries of a directory, by what they are. Names are byte strings. */
export interface Chunk {
  readonly results: string[];
  /** Called like results. */
  readonly linkedResults: string[];
  /** Called like results, but neither files nor links. */
  otherResults: number;
  readonly metadata: string[];
  readonly unfinished: string[];
  readonly directories: string[];
  /** All of them, the rest included. */
  entries: number;
}

function emptyChunk(): Chunk {
  return {
    results: [],
    linkedResults: [],
    otherResults: 0,
    metadata: [],
    unfinished: [],
    directories: [],
    entries: 0,
  };
}

function sort(chunk: Chunk, entry: Dirent): void {
  const { name } = entry;
  chunk.entries += 1;
  const isDirectory = entry.isDirectory();
  if (isDirectory) chunk.directories.push(name);
  if (name.endsWith(RESULT)) {
    if (entry.isFile()) chunk.results.push(name);
    else if (entry.isSymbolicLink()) chunk.linkedResults.push(name);
    else chunk.otherResults += 1;
  } else if (isDirectory) return;
  else if (name.endsWith(METADATA)) chunk.metadata.push(name);
  else if (isUnfinished(name)) chunk.unfinished.push(name);
}

/** The next entries; `undefined` at the end. */
export function readChunk(directory: Dir): Chunk | undefined {
  const chunk = emptyChunk();
  while (chunk.entries < CHUNK_ENTRIES) {
    const entry = nextEntry(directory);
    if (entry === null) break;
    if (entry !== 'vanished') sort(chunk, entry);
  }
  return chunk.entries === 0 ? undefined : chunk;
}

function nextEntry(directory: Dir): Dirent | null | 'vanished' {
  try {
    return directory.readSync();
  } catch (error) {
    return vanished(error);
  }
}
