import { randomBytes, randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Logger } from 'pino';
import type { Spooled } from './contract.ts';
import { writeSpoolFile } from './spool-file.ts';
import { removeLeftovers, spoolName, type SpoolOwner } from './spool-leftovers.ts';

const LEFTOVERS_EVERY_MS = 60_000;
const HOUR_MS = 3_600_000;

/** After this long without a change nobody can be at work on a spooled file any more. */
export function spoolMaxAgeMs(uploadTimeoutMs: number): number {
  return Math.max(HOUR_MS, 2 * uploadTimeoutMs);
}

export interface SpoolOptions extends SpoolOwner {
  /** Folder that holds those of all processes; made where it is missing. Those that share it have names of their own. */
  readonly directory: string;
  readonly maxAgeMs: number;
  readonly log: Pick<Logger, 'warn'>;
}

/** A received file. Whoever has it removes it, in every outcome. */
export interface SpooledFile extends Spooled {
  /** Never throws: what cannot be removed goes with the folder. */
  remove(): Promise<void>;
}

/** Where uploads are kept between their reception and their way to a provider. */
export interface Spool {
  /**
   * Receives a file, never whole in memory; the stream's chunks must have no other reader. A failure leaves nothing behind; `FILE_TOO_LARGE`, `SPOOL_UNAVAILABLE`,
   * or what the stream fails with, which is destroyed then.
   */
  receive(stream: Readable, limits: { readonly maxBytes: number }): Promise<SpooledFile>;
  /** Removes everything of this process. */
  close(): Promise<void>;
}

/**
 * Opens the spool of this process, a folder of its own in `directory`, and removes now and each minute what dead
 * processes left there. Never throws: a disk that cannot be used is told by each reception.
 */
export function openSpool(options: SpoolOptions): Spool {
  const { directory, log } = options;
  const own = spoolName(options, randomBytes(6).toString('hex'));
  const path = join(directory, own);
  const tidy = (): void => {
    removeLeftovers({ ...options, own }).catch((error: unknown) => {
      log.warn({ event: 'spool_untidy', err: error }, 'leftovers in the spool cannot be removed');
    });
  };
  tidy();
  const timer = setInterval(tidy, LEFTOVERS_EVERY_MS).unref();
  const remove = (each: string): Promise<void> =>
    rm(each, { recursive: true, force: true }).catch((error: unknown) => {
      log.warn({ event: 'spool_untidy', err: error }, 'a file in the spool cannot be removed');
    });
  return {
    receive: async (stream, { maxBytes }) => {
      const file = join(path, randomUUID());
      const measured = await writeSpoolFile(file, stream, maxBytes);
      return { path: file, ...measured, remove: () => remove(file) };
    },
    close: async () => {
      clearInterval(timer);
      await remove(path);
    },
  };
}
