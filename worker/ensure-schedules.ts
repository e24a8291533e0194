import { ScheduleOverlapPolicy, type Client, type ScheduleOptions } from '@temporalio/client';
import {
  FILE_RUN_WORKFLOW,
  FILES_SCHEDULE,
  PRUNE_SCHEDULE,
  PRUNE_WORKFLOW,
  SWEEP_SCHEDULE,
  SWEEP_WORKFLOW,
  type FileRunInput,
  type SchedulePeriods,
  type SweepInput,
} from '../workflows/messages.ts';
import { createSchedule, describeSchedule, updateSchedule } from './schedule-calls.ts';

/** Temporal takes no catch-up window below 10 s; a minute outlasts a restart of its server. */
const MIN_CATCHUP_SECONDS = 60;

export interface ScheduleSettings extends SchedulePeriods {
  readonly taskQueue: string;
}

/** Every schedule of ours. Overlap is skipped and catching up bounded: each job makes up for one that was missed. */
export function scheduleDefinitions(settings: ScheduleSettings): readonly ScheduleOptions[] {
  const { taskQueue, sweepIntervalSeconds: seconds, filesIntervalHours: hours } = settings;
  const policies = { overlap: ScheduleOverlapPolicy.SKIP, pauseOnFailure: false };
  const start = { type: 'startWorkflow', taskQueue } as const;
  const real: SweepInput = { dry_run: false };
  const retention: FileRunInput = { kind: 'retention', dryRun: false };
  return [
    {
      scheduleId: PRUNE_SCHEDULE,
      spec: { calendars: [{ hour: 3, minute: 17 }], jitter: '10 minutes' },
      action: { ...start, workflowType: PRUNE_WORKFLOW, workflowId: PRUNE_SCHEDULE },
      policies: { ...policies, catchupWindow: '6 hours' },
    },
    {
      scheduleId: SWEEP_SCHEDULE,
      spec: { intervals: [{ every: `${seconds} seconds` }] },
      action: { ...start, workflowType: SWEEP_WORKFLOW, workflowId: SWEEP_SCHEDULE, args: [real] },
      policies: { ...policies, catchupWindow: `${Math.max(MIN_CATCHUP_SECONDS, seconds)} seconds` },
    },
    {
      scheduleId: FILES_SCHEDULE,
      spec: { intervals: [{ every: `${hours} hours` }], jitter: '10 minutes' },
      action: { ...start, workflowType: FILE_RUN_WORKFLOW, workflowId: FILES_SCHEDULE, args: [retention] },
      policies: { ...policies, catchupWindow: `${hours} hours` },
    },
  ];
}

export interface ScheduleCheck {
  readonly client: Client;
  readonly settings: ScheduleSettings;
  /** Called before any is made, where none is there: Temporal was wiped or replaced. */
  readonly onAllMissing: () => Promise<void>;
}

/** Makes the schedules that are missing; leaves the others as they are, paused ones paused. */
export async function ensureSchedules({ client, settings, onAllMissing }: ScheduleCheck): Promise<void> {
  const definitions = scheduleDefinitions(settings);
  const found = await Promise.all(definitions.map(({ scheduleId }) => describeSchedule(client, scheduleId)));
  // First told, then made: a crash in between repeats the telling, which is harmless.
  if (found.every((schedule) => schedule === undefined)) await onAllMissing();
  for (const [index, definition] of definitions.entries()) {
    if (found[index] === undefined) await createSchedule(client, definition);
  }
}

/** Brings the definitions of schedules that exist up to date; what an operator paused stays paused. */
export async function updateSchedules(client: Client, settings: ScheduleSettings): Promise<void> {
  for (const definition of scheduleDefinitions(settings)) await updateSchedule(client, definition);
}
