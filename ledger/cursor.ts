import { ServiceError } from '../domain/errors.ts';

/** Where a listing goes on that is ordered by creation time and id, newest first. */
export interface Position {
  /** Microseconds since 1970, as the database's own clock has them, in digits. */
  readonly createdUs: string;
  readonly id: string;
}

/** Sixteen digits last until the year 2286. */
const CURSOR = /^(\d{1,16}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** Selects {@link Position.createdUs} of a row whose creation time is in that column. */
export function createdUs(column: string): string {
  return `(extract(epoch FROM ${column}) * 1000000)::bigint::text`;
}

/** A position as callers carry it. */
export function toCursor({ createdUs: us, id }: Position): string {
  return Buffer.from(`${us} ${id}`).toString('base64url');
}

/** The position that a cursor stands for; throws `REQUEST_INVALID` where {@link toCursor} has not made it. */
export function fromCursor(cursor: string): Position {
  const [, us, id] = CURSOR.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (us === undefined || id === undefined) {
    throw new ServiceError('REQUEST_INVALID', { detail: 'The cursor is not one this service gave out.' });
  }
  return { createdUs: us, id };
}

/** Condition that a row comes after the position in these two parameters; nulls stand for the beginning. */
export function isAfter(columns: string, us: string, id: string): string {
  return `(${columns}) < (
    coalesce(timestamptz 'epoch' + ${us}::bigint * interval '1 microsecond', timestamptz 'infinity'),
    coalesce(${id}::uuid, uuid 'ffffffff-ffff-ffff-ffff-ffffffffffff'))`;
}
