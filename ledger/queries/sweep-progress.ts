import type { Db } from '../open.ts';
import type { SweepActionRow } from './sweep-run.ts';

const PULSE = {
  name: 'sweep-pulse',
  text: `UPDATE sweep_run SET pulse_at = clock_timestamp() WHERE run_id = $1 AND finished_at IS NULL RETURNING run_id`,
};
/** A retried step writes its counts again, and does not add to them. */
const NOTE = {
  name: 'sweep-note',
  text: `
UPDATE sweep_run SET pulse_at = clock_timestamp(), counts = counts || $2::jsonb,
  actions = CASE WHEN $3::jsonb = '[]' THEN actions ELSE actions || jsonb_build_object($4::text, $3::jsonb) END
WHERE run_id = $1 AND finished_at IS NULL`,
};
const JUDGE = {
  name: 'sweep-judge',
  text: `
UPDATE sweep_run SET valid = $2, invalid_reason = $3, invalid_detail = $4, pulse_at = clock_timestamp()
WHERE run_id = $1 AND finished_at IS NULL`,
};
const FINISH = {
  name: 'sweep-finish',
  text: `
UPDATE sweep_run SET finished_at = clock_timestamp(), valid = coalesce(valid, false),
  invalid_reason = CASE WHEN valid IS NULL THEN 'interrupted' ELSE invalid_reason END
WHERE run_id = $1 AND finished_at IS NULL RETURNING run_id`,
};

/** Tells that the run goes on; false where it was ended meanwhile, by whoever took it for dead. */
export async function pulseRun(db: Db, runId: string): Promise<boolean> {
  return (await db.rows(PULSE, [runId])).length === 1;
}

/** Writes down what a step of the run counted and did. */
export async function noteStep(
  db: Db,
  runId: string,
  step: {
    readonly name: string;
    readonly counts: Readonly<Record<string, number>>;
    readonly actions: readonly SweepActionRow[];
  },
): Promise<void> {
  await db.rows(NOTE, [runId, JSON.stringify(step.counts), JSON.stringify(step.actions), step.name]);
}

/** Decides whether the run's listing is believed. */
export async function judgeRun(
  db: Db,
  runId: string,
  verdict: { readonly reason: string; readonly detail: string } | null,
): Promise<void> {
  await db.rows(JUDGE, [runId, verdict === null, verdict?.reason ?? null, verdict?.detail ?? null]);
}

/** Ends the run; false where it had ended before. One that was never judged is not believed. */
export async function finishRun(db: Db, runId: string): Promise<boolean> {
  return (await db.rows(FINISH, [runId])).length === 1;
}
