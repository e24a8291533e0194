import { describe, expect, it } from 'vitest';
import type { LeaseMeter } from '../../../leases/contract.ts';
import type { ProviderMeter } from '../../../providers/index.ts';
import { boundedLabel } from '../../../telemetry/bounded-label.ts';
import { createApiMetrics, createWorkerMetrics } from '../../../telemetry/metrics.ts';

const READING = {
  ...{ limit: 100, used: 9, live: 4, draining: 2, stuck: 1, unleased: 0, foreign: 2 },
  forecast: [{ withinSeconds: 60, leases: 3 }],
};
/** What is told of uploaded files has the names that dashboards of its kind expect. */
const OURS = /^(loiter_killer|mcp_file)_[a-z_]+$/;

async function namesOf(metrics: ReturnType<typeof createApiMetrics>): Promise<Map<string, string>> {
  const lines = (await metrics.render()).split('\n').filter((line) => line.startsWith('# TYPE '));
  return new Map(lines.map((line) => line.split(' ').slice(2, 4) as [string, string]));
}

function everything(): ReturnType<typeof createApiMetrics> {
  const metrics = createApiMetrics();
  metrics.watchPool(() => ({ total: 3, idle: 1, waiting: 2 }));
  metrics.watchLedger(() =>
    Promise.resolve({ byState: { active: 2, draining: 1 }, stuck: 1, unowned: 4, deletionsPaused: true }),
  );
  metrics.watchCapacity(() => Promise.resolve(READING));
  metrics.watchSweep(() => Promise.resolve({ lastSuccessMs: 1_500, listed: { ledger_lost: 2 } }));
  metrics.watchFiles(() => Promise.resolve({ counts: [], breakers: [], retentionMs: 1_500 }));
  metrics.watchJobs(() => Promise.resolve({ jobs: [], backups: {} }));
  metrics.watchDirectories(() => Promise.resolve([]));
  return metrics;
}

describe('metrics', () => {
  it('have the names that dashboards and alerts use', async () => {
    const names = await namesOf(everything());
    expect([...names.keys()].filter((name) => name.startsWith('loiter_killer_')).sort()).toEqual([
      'loiter_killer_acquires_total',
      'loiter_killer_aged_files_checked_total',
      'loiter_killer_aged_files_deleted_total',
      'loiter_killer_aged_files_errors_total',
      'loiter_killer_aged_files_freed_bytes_total',
      'loiter_killer_backup_failures_total',
      'loiter_killer_backup_last_bytes',
      'loiter_killer_backups_made_bytes_total',
      'loiter_killer_backups_made_total',
      'loiter_killer_backups_removed_total',
      'loiter_killer_capacity_limit',
      'loiter_killer_capacity_refusals_total',
      'loiter_killer_capacity_stores',
      'loiter_killer_capacity_used',
      'loiter_killer_checkpoints_deleted_total',
      'loiter_killer_conversations_deleted_total',
      'loiter_killer_conversations_errors_total',
      'loiter_killer_conversations_stored',
      'loiter_killer_deadline_to_draining_seconds',
      'loiter_killer_deadline_to_gone_seconds',
      'loiter_killer_deletions_paused',
      'loiter_killer_directory_bytes',
      'loiter_killer_directory_files',
      'loiter_killer_directory_filesystem_bytes',
      'loiter_killer_directory_free_bytes',
      'loiter_killer_drain_duration_seconds',
      'loiter_killer_drain_failures_total',
      'loiter_killer_file_retention_last_success_timestamp_seconds',
      'loiter_killer_files',
      'loiter_killer_http_request_duration_seconds',
      'loiter_killer_http_requests_too_large_total',
      'loiter_killer_job_duration_seconds',
      'loiter_killer_job_last_duration_seconds',
      'loiter_killer_job_last_run_failed',
      'loiter_killer_job_last_success_timestamp_seconds',
      'loiter_killer_job_period_seconds',
      'loiter_killer_leases',
      'loiter_killer_leases_expiring',
      'loiter_killer_leases_stuck',
      'loiter_killer_leases_unowned',
      'loiter_killer_ledger_pool_connections',
      'loiter_killer_ledger_pool_waiting_requests',
      'loiter_killer_ledger_up',
      'loiter_killer_listed_stores',
      'loiter_killer_provider_call_duration_seconds',
      'loiter_killer_provider_expiries_total',
      'loiter_killer_renewals_total',
      'loiter_killer_reported_cleanup_checked_total',
      'loiter_killer_reported_cleanup_deleted_total',
      'loiter_killer_reported_cleanup_duration_seconds',
      'loiter_killer_reported_cleanup_errors_total',
      'loiter_killer_reported_cleanup_freed_bytes_total',
      'loiter_killer_reported_cleanup_last_timestamp_seconds',
      'loiter_killer_results_checked_total',
      'loiter_killer_results_deleted_total',
      'loiter_killer_results_errors_total',
      'loiter_killer_results_freed_bytes_total',
      'loiter_killer_results_leftovers_deleted_total',
      'loiter_killer_results_lifetime_cleanups',
      'loiter_killer_results_lifetime_deleted',
      'loiter_killer_results_lifetime_errors',
      'loiter_killer_results_lifetime_freed_bytes',
      'loiter_killer_stores_lost_total',
      'loiter_killer_stray_stores_deleted_total',
      'loiter_killer_sweep_last_success_timestamp_seconds',
      'loiter_killer_sweep_runs_total',
      'loiter_killer_upload_breaker_open',
      'loiter_killer_uploads_unsettled',
    ]);
  });

  it('carry the suffix of their kind and unit', async () => {
    const names = await namesOf(everything());
    for (const [name, type] of names) {
      if (/^(process|nodejs)_/.test(name)) continue;
      expect(name).toMatch(OURS);
      if (type === 'counter') expect(name).toMatch(/_total$/);
      if (type === 'histogram') expect(name).toMatch(/_seconds$/);
      if (type === 'gauge') expect(name).not.toMatch(/_(total|count|sum|bucket)$/);
    }
    expect(names.get('process_resident_memory_bytes')).toBe('gauge');
  });

  it('keep the gauges over the ledger out of the worker', async () => {
    const text = await createWorkerMetrics().render();
    expect(text).toContain('loiter_killer_drain_failures_total');
    expect(text).not.toContain('loiter_killer_leases');
    expect(text).not.toContain('loiter_killer_file');
    expect(text).not.toContain('loiter_killer_http');
    expect(text).not.toMatch(/loiter_killer_(job_last|conversations_stored|results_lifetime|reported)/);
  });

  it('count what the leases and the provider report, in seconds', async () => {
    const metrics = createApiMetrics();
    const lease: LeaseMeter = metrics.lease;
    const provider: ProviderMeter = metrics.provider;
    lease.acquired('new');
    lease.renewed(true);
    lease.renewed(false);
    lease.renewed(false);
    lease.lateToDraining(300);
    lease.gone(null, 2_000);
    lease.gone(7_000, 2_000);
    lease.drainFailed('throttled');
    provider.call('delete_store', 'ok', 200);
    metrics.http.route('/health', 'GET')(200, 3);
    const text = await metrics.render();
    for (const line of [
      'loiter_killer_acquires_total{outcome="new"} 1',
      'loiter_killer_acquires_total{outcome="refused"} 0',
      'loiter_killer_renewals_total{kind="written"} 1',
      'loiter_killer_renewals_total{kind="unwritten"} 2',
      'loiter_killer_deadline_to_draining_seconds_sum 0.3',
      'loiter_killer_deadline_to_gone_seconds_sum 7',
      'loiter_killer_drain_duration_seconds_sum 4',
      'loiter_killer_drain_failures_total{reason="throttled"} 1',
      'loiter_killer_provider_call_duration_seconds_sum{operation="delete_store",outcome="ok"} 0.2',
      'loiter_killer_http_request_duration_seconds_sum{route="/health",method="GET",status="2xx"} 0.003',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
  });

  it('show the ledger and the pool as they are now', async () => {
    const lines = (await everything().render()).split('\n');
    for (const line of [
      'loiter_killer_ledger_up 1',
      'loiter_killer_leases{state="active"} 2',
      'loiter_killer_leases_stuck 1',
      'loiter_killer_leases_unowned 4',
      'loiter_killer_capacity_limit 100',
      'loiter_killer_capacity_used 9',
      'loiter_killer_capacity_stores{holder="live"} 4',
      'loiter_killer_capacity_stores{holder="draining"} 2',
      'loiter_killer_capacity_stores{holder="stuck"} 1',
      'loiter_killer_capacity_stores{holder="unleased"} 0',
      'loiter_killer_capacity_stores{holder="foreign"} 2',
      'loiter_killer_capacity_refusals_total 0',
      'loiter_killer_leases_expiring{within_seconds="60"} 3',
      'loiter_killer_deletions_paused 1',
      'loiter_killer_ledger_pool_connections{state="idle"} 1',
      'loiter_killer_ledger_pool_connections{state="busy"} 2',
      'loiter_killer_ledger_pool_waiting_requests 2',
    ]) {
      expect(lines).toContain(line);
    }
  });

  it('show no place of an account when the ledger is away, and 0 for no limit', async () => {
    const metrics = createApiMetrics();
    let answer: Promise<typeof READING | (Omit<typeof READING, 'limit'> & { limit: null })> = Promise.reject(
      new Error('away'),
    );
    metrics.watchCapacity(() => answer);
    expect(await metrics.render()).not.toMatch(/^loiter_killer_(capacity_(limit|used|stores)|leases)/m);
    answer = Promise.resolve({ ...READING, limit: null });
    expect(await metrics.render()).toContain('loiter_killer_capacity_limit 0');
  });

  it('show no number of leases when the ledger is away', async () => {
    const metrics = createApiMetrics();
    let isAway = false;
    metrics.watchLedger(() =>
      isAway
        ? Promise.reject(new Error('away'))
        : Promise.resolve({ byState: { active: 2 }, stuck: 1, unowned: 0, deletionsPaused: false }),
    );
    expect(await metrics.render()).toContain('loiter_killer_leases_stuck 1');
    isAway = true;
    const text = await metrics.render();
    expect(text).toContain('loiter_killer_ledger_up 0');
    expect(text).not.toMatch(/^loiter_killer_(leases|deletions)/m);
    isAway = false;
    expect(await metrics.render()).toContain('loiter_killer_leases{state="active"} 2');
  });
});

describe('boundedLabel', () => {
  it('keeps the first values and calls the rest other', () => {
    const label = boundedLabel(2);
    expect(['a', 'b', 'c', 'a', 'no good', 'x'.repeat(41)].map(label)).toEqual([
      'a',
      'b',
      'other',
      'a',
      'other',
      'other',
    ]);
  });

  it('bounds the methods of HTTP', async () => {
    const metrics = createApiMetrics();
    metrics.http.route('unknown', 'BREW')(404, 1);
    expect(await metrics.render()).toContain('route="unknown",method="other",status="4xx"');
  });
});
