import { ScheduleNotFoundError, type Client } from '@temporalio/client';
import { heartbeatAgeMs, readNotices, type Ledger } from '../ledger/index.ts';
import { deletionsPaused } from '../leases/index.ts';
import type { Probe } from './readiness.ts';

/** A worker says every few seconds that it lives. */
const WORKER_SILENT_MS = 30_000;
/** Below the time limit of a probe, so that the call is really ended and not only left alone. */
const CALL_LIMIT_MS = 1_200;
/** A notice is written again each minute while it holds. */
const NOTICE_AGE_MS = 180_000;
/** A schedule's run may start a little late on a busy server, and one may be skipped while another still runs. */
const OVERDUE_AFTER_MS = 60_000;
const OVERDUE_AFTER_RUNS = 2;

/** The ledger answers. */
export function ledgerProbe(ledger: Ledger): Probe {
  return async () => {
    await heartbeatAgeMs(ledger);
    return { ok: true };
  };
}

/** A worker was heard from lately. */
export function workerProbe(ledger: Ledger): Probe {
  return async () => {
    const ageMs = await heartbeatAgeMs(ledger);
    if (ageMs === null) return { ok: false, detail: 'no worker was ever heard from' };
    const ok = ageMs <= WORKER_SILENT_MS;
    const heard = { last_heard_seconds_ago: Math.round(ageMs / 100) / 10 };
    return ok ? { ok, ...heard } : { ok, ...heard, detail: 'no worker was heard from within 30 s' };
  };
}

/** Temporal answers and has our namespace. */
export function temporalProbe(client: Client): Probe {
  const { namespace } = client.options;
  return async () => {
    await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      client.connection.workflowService.describeNamespace({ namespace }),
    );
    return { ok: true, namespace };
  };
}

/** Findings with which nothing works until an operator acts; all others are warnings. */
const ERRORS = new Set(['INSTANCE_MISMATCH']);

/** What workers found and want an operator to know. */
export function noticesProbe(ledger: Ledger): Probe {
  return async () => {
    const notices = await readNotices(ledger, NOTICE_AGE_MS);
    const worst = notices.find(({ kind }) => ERRORS.has(kind)) ?? notices[0];
    if (worst === undefined) return { ok: true, notices };
    return { ok: !ERRORS.has(worst.kind), detail: worst.detail, notices };
  };
}

/** Paused deletions are an operator's wish: worth knowing, and no reason to take the api out of service. */
export function deletionsProbe(ledger: Ledger): Probe {
  return async () => {
    const pause = await deletionsPaused(ledger);
    if (pause === undefined) return { ok: true, paused: false };
    const detail = `paused since ${pause.since} by ${pause.by}: ${pause.reason}`;
    return { ok: true, paused: true, ...pause, detail };
  };
}

/** A schedule, and how often it is to run. */
export interface ExpectedSchedule {
  readonly id: string;
  readonly everySeconds: number;
}

/** Each schedule is present and runs when it should. */
export function schedulesProbe(client: Client, expected: readonly ExpectedSchedule[]): Probe {
  return async () => {
    const schedules = await client.withDeadline(Date.now() + CALL_LIMIT_MS, () =>
      Promise.all(expected.map((schedule) => describeSchedule(client, schedule))),
    );
    return { ok: schedules.every(({ present, overdue }) => present && !overdue), schedules };
  };
}

async function describeSchedule(client: Client, { id, everySeconds }: ExpectedSchedule) {
  try {
    const { info, state } = await client.schedule.getHandle(id).describe();
    const lastRun = info.recentActions.at(-1)?.takenAt ?? null;
    // The next run that a server tells lies always ahead; what counts is how long ago the last one was.
    const since = Math.max(
      ...[info.createdAt, info.lastUpdatedAt, lastRun].map((time) => time?.getTime() ?? 0),
    );
    const patienceMs = OVERDUE_AFTER_RUNS * everySeconds * 1_000 + OVERDUE_AFTER_MS;
    const idle = !state.paused && info.runningActions.length === 0;
    const overdue = idle && Date.now() - since > patienceMs;
    return { id, present: true, paused: state.paused, last_run: lastRun?.toISOString() ?? null, overdue };
  } catch (error) {
    if (!(error instanceof ScheduleNotFoundError)) throw error;
    return { id, present: false, paused: false, last_run: null, overdue: false };
  }
}
