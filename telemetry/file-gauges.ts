import { Gauge, type Registry } from 'prom-client';
import { limited } from './limited.ts';

/** The uploaded files of a provider that are there, and the uploads of which nobody knows yet. */
export interface FileCounts {
  readonly provider: string;
  /** Held by somebody. */
  readonly live: number;
  /** Marked for deletion; those that are stuck left out. */
  readonly deleting: number;
  readonly stuck: number;
  /** Uploads that the provider may have taken, and that the service settles by itself. */
  readonly settling: number;
  /** The same, which a person has to look at. */
  readonly settlingStuck: number;
}

export interface FileReading {
  readonly counts: readonly FileCounts[];
  /** When the last retention run ended, in epoch milliseconds; before the first, when the ledger was begun. */
  readonly retentionMs: number;
}

/** Registers the gauges over uploaded files and gives the function that brings them up to date; it never throws. */
export function createFileGauges(registry: Registry, read: () => Promise<FileReading>): () => Promise<void> {
  const registers = [registry];
  const files = new Gauge({
    name: 'loiter_killer_files',
    help: 'Uploaded files that are not proven gone, by provider and state; deleting counts those that are not stuck.',
    labelNames: ['provider', 'state'],
    registers,
  });
  const unsettled = new Gauge({
    name: 'loiter_killer_uploads_unsettled',
    help: 'Uploads that the provider may have taken though no answer said so; stuck ones need a person.',
    labelNames: ['provider', 'state'],
    registers,
  });
  const retention = new Gauge({
    name: 'loiter_killer_file_retention_last_success_timestamp_seconds',
    help: 'When the last retention run ended, in seconds since 1970; before the first, when the ledger was begun.',
    registers,
  });
  return async () => {
    const seen = await limited(read);
    // Without a ledger there is no value; an old one would look like news.
    for (const each of [files, unsettled]) each.reset();
    retention.remove();
    if (seen === undefined) return;
    for (const { provider, live, deleting, stuck, settling, settlingStuck } of seen.counts) {
      for (const [state, count] of Object.entries({ live, deleting, stuck }))
        files.set({ provider, state }, count);
      for (const [state, count] of Object.entries({ settling, stuck: settlingStuck }))
        unsettled.set({ provider, state }, count);
    }
    retention.set(seen.retentionMs / 1000);
  };
}
