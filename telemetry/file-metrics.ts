import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { ErrorCode } from '../domain/errors.ts';
import type { ProviderName } from '../domain/providers.ts';
import { ANONYMOUS, DELETION_REASONS } from '../domain/upload.ts';
import type { FileMeter } from '../files/contract.ts';
import { boundedLabel } from './bounded-label.ts';

/** From a small file on the same machine to the largest one over a slow line; a contract with dashboards. */
const UPLOAD_SECONDS = [0.1, 0.5, 1, 2.5, 5, 10, 30, 60, 120];
const BYTES_STATUSES = ['success', 'failed', 'deduplicated'] as const;
/**
 * Any text that a dashboard can show, e-mail addresses among them; what the text format has to escape is escaped
 * where it is written. Control characters, halves of a character, and what is longer are `other`.
 */
const USER_ID = /^[^\p{Cc}\p{Cs}]{1,128}$/u;
/** What an upload is turned down for before anything is sent. */
const REFUSALS: readonly ErrorCode[] = [
  ...(['MULTIPART_INVALID', 'REQUEST_INVALID', 'FILENAME_INVALID', 'EXTENSION_NOT_ALLOWED'] as const),
  ...(['FILE_EMPTY', 'FILE_TOO_LARGE', 'QUOTA_EXCEEDED', 'PROVIDER_UNKNOWN'] as const),
  ...(['PROVIDER_HAS_NO_STORES', 'SESSION_NOT_FOUND', 'LEASE_REPLACED', 'STORE_NOT_READY'] as const),
];
/** Those above, and room for what else the catalogue has. */
const MAX_REFUSALS = 32;

export interface FileMetricsOptions {
  /** The configured ones: each has every series from the start. */
  readonly providers: readonly ProviderName[];
  /** Users that have a label of their own, `anonymous` not counted; all others share `other`. */
  readonly maxUsers: number;
}

/**
 * Registers the metrics of uploaded files. Both processes have all of them, and each event is counted in one: uploads
 * in the api, deletions in the worker, so that sums over processes count nothing twice.
 */
export function createFileMetrics(registry: Registry, options: FileMetricsOptions): FileMeter {
  const { bytes, durations, hits, trips, deletions, refusals } = families(registry);
  for (const provider of options.providers) {
    for (const status of BYTES_STATUSES) bytes.inc({ provider, status }, 0);
    for (const reason of DELETION_REASONS) deletions.inc({ provider, reason }, 0);
    durations.zero({ provider });
    trips.inc({ provider }, 0);
  }
  for (const reason of REFUSALS) refusals.inc({ reason }, 0);
  const refusalLabel = boundedLabel(MAX_REFUSALS);
  return {
    attempted: createAttempts(registry, options),
    began: createActive(registry),
    uploaded: (provider, status, count) => {
      bytes.inc({ provider, status }, count);
    },
    took: (provider, ms) => {
      durations.observe({ provider }, ms / 1000);
    },
    deduplicated: () => {
      hits.inc();
    },
    breakerTripped: (provider) => {
      trips.inc({ provider });
    },
    deleted: (provider, reason) => {
      deletions.inc({ provider, reason });
    },
    refused: (reason) => {
      refusals.inc({ reason: refusalLabel(reason) });
    },
  };
}

/** A user who is seen first has a series for every provider at once, so that the first upload is an increase. */
function createAttempts(
  registry: Registry,
  { providers, maxUsers }: FileMetricsOptions,
): FileMeter['attempted'] {
  const attempts = new Counter({
    name: 'mcp_file_upload_attempts_total',
    help: 'Calls to upload, by the chosen provider, or none before one was chosen, and by user.',
    labelNames: ['provider', 'user_id'],
    registers: [registry],
  });
  const userLabel = boundedLabel(maxUsers, USER_ID);
  const seen = new Set<string>();
  const see = (user: string): void => {
    if (seen.has(user)) return;
    seen.add(user);
    for (const provider of ['none', ...providers]) attempts.inc({ provider, user_id: user }, 0);
  };
  see(ANONYMOUS);
  return (provider, userId) => {
    const user = userId === ANONYMOUS ? ANONYMOUS : userLabel(userId);
    see(user);
    attempts.inc({ provider, user_id: user });
  };
}

/** Each end counts once, however often it is called. */
function createActive(registry: Registry): FileMeter['began'] {
  const active = new Gauge({
    name: 'mcp_file_active_uploads',
    help: 'Uploads under way in this process, from the first byte received.',
    registers: [registry],
  });
  return () => {
    active.inc();
    let ended = false;
    return () => {
      if (!ended) active.dec();
      ended = true;
    };
  };
}

function families(registry: Registry) {
  const counter = <Label extends string>(name: string, help: string, ...labelNames: Label[]) =>
    new Counter({ name, help, labelNames, registers: [registry] });
  return {
    bytes: counter(
      'mcp_file_upload_bytes_total',
      'Bytes of uploads, by what became of them.',
      'provider',
      'status',
    ),
    durations: new Histogram({
      name: 'mcp_file_upload_duration_seconds',
      help: 'From the end of the reception until the provider had the file.',
      labelNames: ['provider'],
      buckets: UPLOAD_SECONDS,
      registers: [registry],
    }),
    hits: counter(
      'mcp_file_deduplication_hits_total',
      'Uploads answered with a file that the provider had already.',
    ),
    trips: counter(
      'mcp_file_circuit_breaker_trips_total',
      "Times that a call of this process opened the breaker of the provider's account.",
      'provider',
    ),
    deletions: counter(
      'mcp_file_deletions_total',
      'Uploaded files proven gone at the provider, by why.',
      'provider',
      'reason',
    ),
    refusals: counter(
      'mcp_file_validation_failures_total',
      'Uploads turned down before anything was sent, by the code of the error.',
      'reason',
    ),
  };
}
