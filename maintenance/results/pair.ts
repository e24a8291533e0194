import { statSync } from 'node:fs';
import { hasExpired } from '../../domain/result-expiry.ts';
import { targetInside } from './inside.ts';
import { removeLeftover } from './leftovers.ts';
import { look } from './look.ts';
import { readMetadata, type Metadata } from './metadata.ts';
import { asPath } from '../bytes.ts';
import { metadataOf, resultOf } from './names.ts';
import { errorCode } from '../error-code.ts';
import { failed, type Pass } from './pass.ts';
import type { Place } from '../place.ts';
import { removeFile } from './remove.ts';

function unreadable(pass: Pass, place: Place, name: string): void {
  pass.counts.errors += 1;
  pass.note({ kind: 'unreadable', path: `${place.path}/${name}` });
}

/** Deletes a result and its metadata, in this order, where they have expired. */
export function cleanResult(pass: Pass, place: Place, result: string): void {
  pass.counts.checked += 1;
  cleanPair(pass, place, { result, isLink: false });
}

interface Pair {
  readonly result: string;
  /** Whether the result is a symbolic link that may be deleted. */
  readonly isLink: boolean;
}

function cleanPair(pass: Pass, place: Place, { result, isLink }: Pair): void {
  const name = metadataOf(result);
  const metadata = readMetadata(pass, place, name);
  if (metadata === 'skipped') return;
  if (metadata === 'missing') {
    removeLeftover(pass, place, result);
  } else if (metadata.expiry === 'unreadable') {
    unreadable(pass, place, name);
  } else if (hasExpired(metadata.expiry, Date.now())) {
    const seen = look(pass, place, result);
    if (seen === 'failed') return;
    // What it is may have changed since it was listed.
    if (seen !== 'nothing' && !(isLink ? seen.isSymbolicLink() : seen.isFile())) return;
    pass.at?.('result', `${place.path}/${result}`);
    if (seen !== 'nothing' && !deleteResult(pass, place, { name: result, bytes: seen.size })) return;
    deleteMetadata(pass, place, { name, bytes: metadata.bytes });
  }
}

interface Doomed {
  readonly name: string;
  readonly bytes: number;
}

/** False where it is still there: then its metadata stays as well. */
function deleteResult(pass: Pass, place: Place, { name, bytes }: Doomed): boolean {
  const removal = removeFile(pass, place, name);
  if (removal === 'removed') {
    pass.counts.deleted += 1;
    pass.counts.freedBytes += bytes;
  }
  return removal !== 'failed';
}

function deleteMetadata(pass: Pass, place: Place, { name, bytes }: Doomed): void {
  pass.at?.('metadata', `${place.path}/${name}`);
  if (removeFile(pass, place, name) === 'removed') pass.counts.freedBytes += bytes;
}

/** A symbolic link called like a result: one that leads to a file within the directory is treated as that file. */
export function cleanLinkedResult(pass: Pass, place: Place, result: string): void {
  pass.counts.checked += 1;
  const target = targetInside(pass, place, result);
  if (target === undefined) return;
  if (isFile(pass, target)) cleanPair(pass, place, { result, isLink: true });
}

function isFile(pass: Pass, path: string): boolean {
  try {
    return statSync(asPath(path), { throwIfNoEntry: false })?.isFile() ?? false;
  } catch (error) {
    failed(pass, path, errorCode(error));
    return false;
  }
}

/** Metadata beside which no result was listed: an expired one is what an interrupted run has left. */
export function cleanLoneMetadata(pass: Pass, place: Place, name: string): void {
  if (look(pass, place, resultOf(name)) !== 'nothing' || look(pass, place, name) === 'nothing') return;
  const metadata = readMetadata(pass, place, name);
  if (typeof metadata === 'string') return;
  if (hasExpired(metadata.expiry, Date.now())) deleteMetadata(pass, place, { name, bytes: metadata.bytes });
  else if (!removeLeftover(pass, place, name)) tellOfUnreadable(pass, place, { name, metadata });
}

function tellOfUnreadable(
  pass: Pass,
  place: Place,
  { name, metadata }: { readonly name: string; readonly metadata: Metadata },
): void {
  if (metadata.expiry === 'unreadable') unreadable(pass, place, name);
}
