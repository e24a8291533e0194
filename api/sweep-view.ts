import type { SweepReportBody } from '../contract/sweep.ts';
import type { StrayStore, SweepReport } from '../leases/contract.ts';

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A sweep's report in the words of the contract. */
export function describeSweep(report: SweepReport): SweepReportBody {
  return {
    run_id: report.runId,
    dry_run: report.dryRun,
    valid: report.valid,
    invalid_reason: report.invalidReason,
    invalid_detail: report.invalidDetail,
    started_at: report.startedAt,
    finished_at: report.finishedAt,
    listed: report.listed,
    counts: { ...report.counts },
    actions: report.actions.map(({ storeId, leaseId, action, why }) => ({
      store_id: storeId,
      lease_id: leaseId,
      action,
      why,
    })),
  };
}

/** A store that no lease looks after, in the words of the contract. */
export function describeStray(store: StrayStore) {
  return {
    store_id: store.storeId,
    kind: store.kind,
    why: store.why,
    name: store.name,
    status: store.status,
    instance_id: store.instanceId,
    lease_id: store.leaseId,
    session_id: store.sessionId,
    created_at: new Date(store.createdAtMs).toISOString(),
    age_seconds: Math.floor(store.ageMs / 1000),
    expires_at: isoTime(store.expiresAtMs),
    usage_bytes: store.usageBytes,
    sightings: store.sightings,
    first_seen_at: new Date(store.firstSeenAtMs).toISOString(),
    last_error: store.lastError,
  };
}
