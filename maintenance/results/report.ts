import type { CleanupReport, ResultsCleanup } from './contract.ts';

const TIMEOUT_MS = 5_000;
const COUNTS = ['deleted_count', 'freed_bytes', 'checked_count', 'errors'] as const;

/** What is reported of a run that ended at that time. */
export function toReport(result: ResultsCleanup, endedAtMs: number): CleanupReport {
  const { deleted_count, freed_bytes, checked_count, errors, duration_ms } = result;
  const timestamp = new Date(endedAtMs).toISOString();
  return { deleted_count, freed_bytes, checked_count, errors, duration_ms, timestamp };
}

/**
 * Posts a report to `METRICS_URL`.
 *
 * @throws Error where it was not taken within 5 s.
 */
export async function postReport(
  metricsUrl: string,
  report: CleanupReport,
  { signal, timeoutMs = TIMEOUT_MS }: { readonly signal: AbortSignal; readonly timeoutMs?: number },
): Promise<void> {
  const answer = await fetch(`${metricsUrl.replace(/\/+$/, '')}/track/cleanup`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(report),
    // A receiver that has moved is a setting to be corrected.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new Error(`the receiver of cleanup reports answered ${answer.status}`);
}

/** Milliseconds, which may have a fraction; counts may not. */
function problemOf(name: string, value: unknown): string | undefined {
  const isCount = (COUNTS as readonly string[]).includes(name);
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0 || value > Number.MAX_SAFE_INTEGER) {
    return `${name} has to be a number of at least 0`;
  }
  return isCount && !Number.isInteger(value) ? `${name} has to be a whole number` : undefined;
}

function timeOf(value: unknown): string | undefined {
  const isIso = typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) && value.length <= 40;
  const ms = isIso ? Date.parse(value) : Number.NaN;
  return Number.isNaN(ms) ? undefined : new Date(ms).toISOString();
}

/** A report that somebody sent, or what is wrong with it. Further fields do not matter. */
export function readReport(
  body: unknown,
): { readonly report: CleanupReport } | { readonly problems: readonly string[] } {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    return { problems: ['the body has to be an object'] };
  }
  const fields = body as Readonly<Record<string, unknown>>;
  const numbers = [...COUNTS, 'duration_ms'] as const;
  const problems = numbers.flatMap((name) => problemOf(name, fields[name]) ?? []);
  const timestamp = timeOf(fields['timestamp']);
  if (timestamp === undefined) problems.push('timestamp has to be an ISO 8601 date and time');
  if (timestamp === undefined || problems.length > 0) return { problems };
  const values = Object.fromEntries(numbers.map((name) => [name, fields[name]]));
  return { report: { ...(values as unknown as Omit<CleanupReport, 'timestamp'>), timestamp } };
}
