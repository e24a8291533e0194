import { isUtf8 } from 'node:buffer';
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync } from 'node:fs';
import { resultExpiry, type ResultExpiry } from '../../domain/result-expiry.ts';
import { targetInside } from './inside.ts';
import { asPath } from '../bytes.ts';
import { errorCode } from '../error-code.ts';
import { failed, type Pass } from './pass.ts';
import type { Place } from '../place.ts';

/** Not to be led astray by a link, nor held up by a pipe. */
const OPEN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
/** Metadata has a few hundred bytes. */
const USUAL_BYTES = 65_536;
/** Larger metadata is not read: what one file takes in memory has to have a bound. */
const MOST_BYTES = 1_048_576;
/** Stands for bytes that are no UTF-8; may also be in the file itself. */
const REPLACED = '\ufffd';
const BYTE_ORDER_MARK = 0xfeff;

/** One for each thread: a thread reads one file at a time. */
const buffer = Buffer.allocUnsafeSlow(USUAL_BYTES);

export interface Metadata {
  readonly expiry: ResultExpiry;
  /** Of the entry in the directory: of the link, where it is one. */
  readonly bytes: number;
}

const UNREADABLE: Metadata = { expiry: 'unreadable', bytes: 0 };

/**
 * Reads when a result expires. `missing`: there is no metadata. `skipped`: it may not be used, which is counted and told
 * as far as it ought to be.
 */
export function readMetadata(pass: Pass, place: Place, name: string): Metadata | 'missing' | 'skipped' {
  let fd: number;
  try {
    fd = openSync(asPath(place.look + name), OPEN);
  } catch (error) {
    return unopened(pass, { place, name }, errorCode(error));
  }
  return readOpen(pass, fd, `${place.path}/${name}`);
}

function unopened(
  pass: Pass,
  { place, name }: { readonly place: Place; readonly name: string },
  code: string,
): Metadata | 'missing' | 'skipped' {
  if (code === 'ENOENT' || code === 'ENOTDIR') return 'missing';
  if (code === 'ENXIO') return UNREADABLE;
  // FreeBSD and its kin call a link EMLINK.
  if (code === 'ELOOP' || code === 'EMLINK') return readLinked(pass, place, name);
  failed(pass, `${place.path}/${name}`, code);
  return 'skipped';
}

function readLinked(pass: Pass, place: Place, name: string): Metadata | 'skipped' {
  const target = targetInside(pass, place, name);
  if (target === undefined) return 'skipped';
  try {
    const link = lstatSync(asPath(place.look + name));
    const seen = readOpen(pass, openSync(asPath(target), OPEN), target);
    return seen === 'skipped' ? seen : { ...seen, bytes: link.size };
  } catch (error) {
    failed(pass, `${place.path}/${name}`, errorCode(error));
    return 'skipped';
  }
}

/** Closes it, too. */
function readOpen(pass: Pass, fd: number, path: string): Metadata | 'skipped' {
  try {
    const bytes = readSync(fd, buffer, 0, USUAL_BYTES, null);
    return bytes < USUAL_BYTES ? parse(buffer, bytes) : readLarge(fd);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EISDIR') return UNREADABLE;
    failed(pass, path, code);
    return 'skipped';
  } finally {
    closeSync(fd);
  }
}

function readLarge(fd: number): Metadata {
  const { size } = fstatSync(fd);
  if (size > MOST_BYTES) return UNREADABLE;
  const whole = Buffer.allocUnsafeSlow(size);
  let bytes = 0;
  for (let read = -1; read !== 0 && bytes < size; bytes += read) {
    read = readSync(fd, whole, bytes, size - bytes, bytes);
  }
  return parse(whole, bytes);
}

function parse(from: Buffer, bytes: number): Metadata {
  const text = from.toString('utf8', 0, bytes);
  if (text.includes(REPLACED) && !isUtf8(from.subarray(0, bytes))) return { ...UNREADABLE, bytes };
  return { expiry: expiryIn(text.charCodeAt(0) === BYTE_ORDER_MARK ? text.slice(1) : text), bytes };
}

function expiryIn(text: string): ResultExpiry {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'unreadable';
    return resultExpiry((value as { readonly expires_at?: unknown }).expires_at);
  } catch (error) {
    if (error instanceof SyntaxError) return 'unreadable';
    throw error;
  }
}
