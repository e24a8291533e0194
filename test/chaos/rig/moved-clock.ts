/**
 * Preloaded into api and worker: their wall clock is off by as many milliseconds as the file named in this module's
 * address (`?file=<path>`) says. Timers and `performance.now()` are steady clocks and stay as they are.
 */
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MS = 50;
const file = new URL(import.meta.url).searchParams.get('file') ?? '';
const RealDate = Date;
let offsetMs = 0;
let lookedAt = -Infinity;

function offset(): number {
  if (performance.now() - lookedAt < LOOK_EVERY_MS) return offsetMs;
  lookedAt = performance.now();
  try {
    offsetMs = Number(readFileSync(file, 'utf8'));
  } catch {
    // Being written just now: the last value holds.
  }
  return offsetMs;
}

class MovedDate extends RealDate {
  static override now(): number {
    return RealDate.now() + offset();
  }

  constructor(...values: readonly unknown[]) {
    if (values.length === 0) super(MovedDate.now());
    else super(...(values as [number]));
  }
}

globalThis.Date = MovedDate as DateConstructor;
