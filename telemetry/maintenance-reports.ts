import { Counter, Gauge, Histogram, type Registry } from 'prom-client';
import type { CleanupReport } from '../maintenance/contract.ts';

/** From an empty directory to one with millions of files on a slow disk. */
const CLEANUP_SECONDS = [0.01, 0.1, 0.5, 1, 5, 30, 120, 600];

/** Counts what other services report of their cleanups. */
export interface ReportMeter {
  tracked(report: CleanupReport): void;
}

/** Registers the metrics of reports received. None has a label: whoever reports is not known by name. */
export function createReportMetrics(registry: Registry): ReportMeter {
  const { deleted, freed, checked, errors, durations, last } = families(registry);
  let lastMs = 0;
  return {
    tracked: (report) => {
      deleted.inc(report.deleted_count);
      freed.inc(report.freed_bytes);
      checked.inc(report.checked_count);
      errors.inc(report.errors);
      durations.observe(report.duration_ms / 1000);
      // Reports overtake one another, and a clock that is fast must not hide that they stopped.
      lastMs = Math.max(lastMs, Math.min(Date.parse(report.timestamp), Date.now()));
      last.set(lastMs / 1000);
    },
  };
}

function families(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string) =>
    new Counter({ name: `loiter_killer_reported_cleanup_${name}_total`, help, registers });
  return {
    deleted: counter('deleted', 'Cached results that others reported as deleted.'),
    freed: counter('freed_bytes', 'Bytes that others reported as freed.'),
    checked: counter('checked', 'Cached results that others reported as looked at.'),
    errors: counter('errors', 'Errors that others reported of their cleanups.'),
    durations: new Histogram({
      name: 'loiter_killer_reported_cleanup_duration_seconds',
      help: 'Cleanups that others reported; the count is the number of reports.',
      buckets: CLEANUP_SECONDS,
      registers,
    }),
    last: new Gauge({
      name: 'loiter_killer_reported_cleanup_last_timestamp_seconds',
      help: 'When the newest cleanup ended that others reported, in seconds since 1970; 0 = there was none.',
      registers,
    }),
  };
}
