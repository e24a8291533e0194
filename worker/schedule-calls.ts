/** Calls about one schedule, each within its deadline. */
import {
  ScheduleAlreadyRunning,
  ScheduleNotFoundError,
  type Client,
  type ScheduleDescription,
  type ScheduleOptions,
} from '@temporalio/client';

const CALL_DEADLINE_MS = 5_000;

/** Any call of the client that is to end in time. */
export const withinDeadline = <T>(client: Client, work: () => Promise<T>): Promise<T> =>
  client.withDeadline(Date.now() + CALL_DEADLINE_MS, work);

/** Undefined where there is none. */
export async function describeSchedule(
  client: Client,
  scheduleId: string,
): Promise<ScheduleDescription | undefined> {
  try {
    return await withinDeadline(client, () => client.schedule.getHandle(scheduleId).describe());
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined;
    throw error;
  }
}

/** Somebody else may have made it meanwhile. */
export async function createSchedule(client: Client, definition: ScheduleOptions): Promise<void> {
  try {
    await withinDeadline(client, () => client.schedule.create(definition));
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
  }
}

/** Brings one that exists up to date; what an operator paused stays paused. */
export async function updateSchedule(client: Client, definition: ScheduleOptions): Promise<void> {
  const { scheduleId, spec, action, policies } = definition;
  await withinDeadline(client, () =>
    client.schedule.getHandle(scheduleId).update(({ state }) => ({
      spec,
      action: { ...action, workflowId: scheduleId },
      ...(policies === undefined ? {} : { policies }),
      state,
    })),
  );
}
