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
  /** Of each configured provider, whether the breaker of its account is open or half open. */
  readonly breakers: readonly { readonly provider: string; readonly open: boolean }[];
  /** When the last retention run ended, in epoch milliseconds; before the first, when the ledger was begun. */
  readonly retentionMs: number;
}

/** Registers the gauges over uploaded files and gives the function that brings them up to date; it never throws. */
export function createFileGauges(registry: Registry, read: () => Promise<FileReading>): () => Promise<void> {
  const { files, unsettled, breaker, retention } = gauges(registry);
  return async () => {
    const seen = await limited(read);
    // Without a ledger there is no value; an old one would look like news.
    for (const each of [files, unsettled, breaker]) each.reset();
    retention.remove();
    if (seen === undefined) return;
    for (const { provider, live, deleting, stuck, settling, settlingStuck } of seen.counts) {
      for (const [state, count] of Object.entries({ live, deleting, stuck }))
        files.set({ provider, state }, count);
      for (const [state, count] of Object.entries({ settling, stuck: settlingStuck }))
        unsettled.set({ provider, state }, count);
    }
    for (const { provider, open } of seen.breakers) breaker.set({ provider }, Number(open));
    retention.set(seen.retentionMs / 1000);
  };
}

function gauges(registry: Registry) {
  const gauge = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Gauge({ name, help, labelNames, registers: [registry] });
  return {
    files: gauge(
      'loiter_killer_files',
      'Uploaded files that are not proven gone, by provider and state; deleting counts those that are not stuck.',
      'provider',
      'state',
    ),
    unsettled: gauge(
      'loiter_killer_uploads_unsettled',
      'Uploads that the provider may have taken though no answer said so; stuck ones need a person.',
      'provider',
      'state',
    ),
    breaker: gauge(
      'loiter_killer_upload_breaker_open',
      "Whether the breaker of the provider's account is open or half open: uploads go elsewhere.",
      'provider',
    ),
    retention: gauge(
      'loiter_killer_file_retention_last_success_timestamp_seconds',
      'When the last retention run ended, in seconds since 1970; before the first, when the ledger was begun.',
    ),
  };
}
