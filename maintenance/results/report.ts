import type { CleanupReport, ResultsCleanup } from './contract.ts';

const TIMEOUT_MS = 5_000;

/** What is reported of a run that ended at that time. */
export function toReport(result: ResultsCleanup, endedAtMs: number): CleanupReport {
  const { deleted_count, freed_bytes, checked_count, errors, duration_ms } = result;
  const timestamp = new Date(endedAtMs).toISOString();
  return { deleted_count, freed_bytes, checked_count, errors, duration_ms, timestamp };
}

export interface ReportOptions {
  readonly signal: AbortSignal;
  readonly timeoutMs?: number;
  /** Sent as a bearer token. */
  readonly token?: string | undefined;
}

/**
 * Posts a report to `METRICS_URL`.
 *
 * @throws Error where it was not taken within 5 s.
 */
export async function postReport(
  metricsUrl: string,
  report: CleanupReport,
  { signal, timeoutMs = TIMEOUT_MS, token }: ReportOptions,
): Promise<void> {
  const answer = await fetch(`${metricsUrl.replace(/\/+$/, '')}/track/cleanup`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
    },
    body: JSON.stringify(report),
    // A receiver that has moved is a setting to be corrected.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the receiver of cleanup reports answered ${answer.status}`);
}
