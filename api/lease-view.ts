import type { LeaseAnswer, LeaseSummary } from '../contract/lease.ts';
import { secondsLeft } from '../domain/deadlines.ts';
import { sessionWorkflowId } from '../domain/ids.ts';
import type { Lease } from '../domain/lease.ts';
import type { LeaseDetail } from '../leases/contract.ts';
import type { ApiSettings } from './deps.ts';
import { workflowUrl } from './workflow-url.ts';

type ViewSettings = Pick<ApiSettings, 'leaseSeconds' | 'temporalNamespace' | 'temporalUiUrl'>;

const isoTime = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

/** A lease in the words of the contract. */
export function summarizeLease(lease: Lease, settings: ViewSettings): LeaseSummary {
  const workflowId = sessionWorkflowId(lease.sessionId);
  return {
    lease_id: lease.leaseId,
    session_id: lease.sessionId,
    state: lease.state,
    vector_store_id: lease.vectorStoreId,
    registered: lease.registered,
    protected: lease.protected,
    expires_at: isoTime(lease.expiresAtMs),
    seconds_left: secondsLeft(lease.leftMs, settings.leaseSeconds),
    created_at: new Date(lease.createdAtMs).toISOString(),
    renewed_at: isoTime(lease.renewedAtMs),
    ended_at: isoTime(lease.endedAtMs),
    end_reason: lease.endReason,
    workflow_id: workflowId,
    workflow_url: workflowUrl(workflowId, settings),
    waits_for: lease.waitsFor,
    stuck: lease.stuck && {
      since: lease.stuck.since,
      attempts: lease.stuck.attempts,
      last_error: lease.stuck.lastError,
      next_try_at: lease.stuck.nextTryAt,
    },
  };
}

/** The same with what the lease tracks. */
export function describeLease(lease: LeaseDetail, settings: ViewSettings): LeaseAnswer {
  return {
    ...summarizeLease(lease, settings),
    files: [...lease.files],
    file_paths: [...lease.filePaths],
    deleted_files: [...lease.deletedFiles],
    abandoned: lease.abandoned.map((one) => ({
      lease_id: one.leaseId,
      vector_store_ids: [...one.storeIds],
      file_ids: [...one.fileIds],
      by: one.by,
      reason: one.reason,
      at: one.at,
    })),
    kept_files: lease.keptFiles.map((file) => ({ file_id: file.fileId, reason: file.reason })),
  };
}
