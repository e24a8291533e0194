import { fstatSync, opendirSync, type Dir } from 'node:fs';
import { CHUNK_ENTRIES, readChunk, type Chunk } from './chunk.ts';
import { isOld, removeLeftover } from './leftovers.ts';
import { asPath } from '../bytes.ts';
import { resultOf } from './names.ts';
import { cleanLinkedResult, cleanLoneMetadata, cleanResult } from './pair.ts';
import { errorCode } from '../error-code.ts';
import { failed, type Pass } from './pass.ts';
import { closePlace, isThere, openBelow, openRoot, type Place } from '../place.ts';
import { removeDirectory } from './remove.ts';

/** Each level keeps two descriptors open, and the process has other uses for them. */
const MOST_LEVELS = 128;
/** About two milliseconds of work. */
export const GROUP = 64;

/** Hands a group of results on to another thread; false where none is free. */
export type Offer = (directory: string, results: readonly string[]) => boolean;

export interface Walk {
  readonly pass: Pass;
  /** Absent = everything is done here. */
  readonly offer?: Offer;
}

/** Cleans a group of results of one directory. */
export function cleanGroup(pass: Pass, place: Place, results: readonly string[]): void {
  if (pass.stopped() || !isThere(place, pass.task.pinned)) return;
  for (const result of results) cleanResult(pass, place, result);
}

/** Goes through the directory and all below it. A directory that is not there is no error. */
export function walkTree(walk: Walk): void {
  const { pass } = walk;
  const root = opened(pass, pass.task.root, () => openRoot(pass.task.root, pass.task.pinned));
  if (root === undefined) return;
  try {
    walkPlace(walk, root, 0);
  } finally {
    closePlace(root);
  }
}

/** Undefined where there is no such directory any more, or a link in its place; everything else is counted. */
export function opened<T>(pass: Pass, path: string, open: () => T): T | undefined {
  try {
    return open();
  } catch (error) {
    const code = errorCode(error);
    const isGone = code === 'ENOENT' || code === 'ELOOP' || (code === 'ENOTDIR' && path !== pass.task.root);
    if (!isGone) failed(pass, path, code);
    return undefined;
  }
}

/** Returns how many entries were there, and undefined where it did not see all of them. */
function walkPlace(walk: Walk, place: Place, level: number): number | undefined {
  const { pass } = walk;
  pass.at?.('enter', place.path);
  const options = { bufferSize: CHUNK_ENTRIES, encoding: 'latin1' } as const;
  const directory = opened(pass, place.path, () => opendirSync(asPath(place.hold), options));
  if (directory === undefined) return undefined;
  try {
    return walkEntries(walk, { place, level }, directory);
  } catch (error) {
    failed(pass, place.path, errorCode(error));
    return undefined;
  } finally {
    directory.closeSync();
  }
}

interface Here {
  readonly place: Place;
  readonly level: number;
}

function walkEntries(walk: Walk, here: Here, directory: Dir): number | undefined {
  const { pass } = walk;
  let entries = 0;
  for (let chunk = readChunk(directory); chunk !== undefined; chunk = readChunk(directory)) {
    if (pass.stopped() || !isThere(here.place, pass.task.pinned)) return undefined;
    cleanFiles(walk, here.place, chunk);
    for (const name of chunk.directories) walkBelow(walk, here, name);
    entries += chunk.entries;
  }
  return entries;
}

function cleanFiles({ pass, offer }: Walk, place: Place, chunk: Chunk): void {
  const { results } = chunk;
  for (let at = 0; at < results.length; at += GROUP) {
    const group = results.slice(at, at + GROUP);
    if (offer?.(place.path, group) !== true) cleanGroup(pass, place, group);
  }
  for (const name of chunk.linkedResults) cleanLinkedResult(pass, place, name);
  pass.counts.checked += chunk.otherResults;
  const listed = new Set([...results, ...chunk.linkedResults]);
  for (const name of chunk.metadata) {
    if (!listed.has(resultOf(name))) cleanLoneMetadata(pass, place, name);
  }
  for (const name of chunk.unfinished) removeLeftover(pass, place, name);
}

function walkBelow(walk: Walk, { place: parent, level }: Here, name: string): void {
  const { pass } = walk;
  const path = `${parent.path}/${name}`;
  if (level === MOST_LEVELS) {
    pass.counts.errors += 1;
    pass.note({ kind: 'too_deep', path });
    return;
  }
  const place = opened(pass, path, () => openBelow(parent, name, pass.task.pinned));
  if (place === undefined) return;
  let isEmpty: boolean;
  try {
    // What is deleted in here changes its time.
    const { mtimeMs } = fstatSync(place.fd);
    isEmpty = walkPlace(walk, place, level + 1) === place.removed && isOld(pass, mtimeMs);
  } finally {
    closePlace(place);
  }
  if (isEmpty) removeEmpty(pass, parent, name);
}

/** What is left empty by its last file, and has been left alone for long; a session that goes on needs its directory. */
function removeEmpty(pass: Pass, parent: Place, name: string): void {
  pass.at?.('directory', `${parent.path}/${name}`);
  if (removeDirectory(pass, parent, name) !== 'removed') return;
  parent.removed += 1;
  pass.counts.leftovers += 1;
}
