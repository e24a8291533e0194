/** The schedules of the maintenance jobs on a real server, without a worker: what they are, and when they run. */
import { Client, Connection, type ScheduleDescription } from '@temporalio/client';
import { pino } from 'pino';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import type { MaintenanceJob } from '../../domain/jobs.ts';
import type { Timing } from '../../maintenance/index.ts';
import {
  ensureJobSchedules,
  runAtStart,
  updateJobSchedules,
  type JobSchedules,
} from '../../worker/job-schedules.ts';
import { createJobScheduler } from '../../worker/job-scheduler.ts';
import { createTemporalClient } from '../../workflows/client.ts';
import { createNamespace } from '../support/namespaces.ts';
import { until } from '../support/until.ts';

const DAILY: Timing = { kind: 'cron', cron: '0 2 * * *', timeZone: 'Europe/Berlin' };
const HOURLY: Timing = { kind: 'interval', everySeconds: 3_600 };

let connection: Connection;
let client: Client;
const said: Record<string, unknown>[] = [];

beforeAll(async () => {
  connection = await Connection.connect({ address: inject('temporalAddress') });
  client = new Client({ connection, namespace: await createNamespace('jobs') });
});
afterAll(() => connection.close());
beforeEach(() => {
  said.length = 0;
});

/** What a worker with that disk would have. */
function plan(
  timings: Partial<Record<MaintenanceJob, Timing | undefined>>,
  queue = 'here',
  report = false,
): JobSchedules {
  const jobs = Object.entries(timings).map(([job, timing]) => ({ job: job as MaintenanceJob, timing }));
  const log = pino(
    {},
    { write: (line: string) => void said.push(JSON.parse(line) as Record<string, unknown>) },
  );
  return { client, jobs, log, settings: { taskQueue: 'main', maintenanceTaskQueue: queue, report } };
}

const handleOf = (job: MaintenanceJob) => client.schedule.getHandle(job);
const found = async (job: MaintenanceJob): Promise<ScheduleDescription | undefined> =>
  handleOf(job)
    .describe()
    .catch(() => undefined);

describe('an ensured schedule', () => {
  it('is made once, however many workers ensure it at once, and says everything', async () => {
    const wanted = plan({ 'results-cleanup': HOURLY, backups: DAILY }, 'here', true);
    await Promise.all(Array.from({ length: 5 }, () => ensureJobSchedules(wanted)));
    await ensureJobSchedules(wanted);
    expect(said).toEqual([]);
    const results = await found('results-cleanup');
    expect(results?.spec.intervals).toMatchObject([{ every: 3_600_000 }]);
    expect(results?.action).toMatchObject({
      ...{ workflowType: 'resultsCleanup', taskQueue: 'main', workflowId: 'results-cleanup' },
      args: [{ taskQueue: 'here', dryRun: false, report: true }],
    });
    expect(results?.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 3_600_000 });
    const backups = await found('backups');
    expect(backups?.spec.timezone).toBe('Europe/Berlin');
    expect(backups?.action.args).toEqual([{ taskQueue: 'here', manual: false }]);
    expect(backups?.policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 6 * 3_600_000 });
  });

  it('is left as it is by a worker that only ensures it', async () => {
    await ensureJobSchedules(plan({ 'results-cleanup': { kind: 'interval', everySeconds: 60 } }));
    expect((await found('results-cleanup'))?.spec.intervals).toMatchObject([{ every: 3_600_000 }]);
  });

  it('takes a changed interval at the next start, and stays paused where an operator paused it', async () => {
    await handleOf('results-cleanup').pause('by an operator');
    await updateJobSchedules(plan({ 'results-cleanup': { kind: 'interval', everySeconds: 60 } }));
    const now = await found('results-cleanup');
    expect(now?.spec.intervals).toMatchObject([{ every: 60_000 }]);
    expect(now?.policies).toMatchObject({ catchupWindow: 60_000 });
    expect(now?.state).toMatchObject({ paused: true, note: 'by an operator' });
    expect(now?.action.args).toEqual([{ taskQueue: 'here', dryRun: false }]);
  });

  it('is not made up for in a burst: the window holds one missed run, and Temporal takes none below 10 s', async () => {
    const often: Timing = { kind: 'cron', cron: '*/5 * * * *', timeZone: 'UTC' };
    const seconds: Timing = { kind: 'interval', everySeconds: 9 };
    await updateJobSchedules(plan({ 'conversations-cleanup': often, 'aged-files-cleanup': seconds }));
    expect((await found('conversations-cleanup'))?.policies.catchupWindow).toBe(300_000);
    expect((await found('aged-files-cleanup'))?.policies.catchupWindow).toBe(10_000);
  });
});

describe('a job that is off', () => {
  it('loses its schedule where it is of this disk, and keeps it where it is of another', async () => {
    await updateJobSchedules(plan({ 'aged-files-cleanup': undefined }, 'elsewhere'));
    expect(await found('aged-files-cleanup')).toBeDefined();
    await ensureJobSchedules(plan({ 'aged-files-cleanup': undefined }));
    expect(await found('aged-files-cleanup')).toBeDefined();
    await updateJobSchedules(plan({ 'aged-files-cleanup': undefined }));
    expect(await found('aged-files-cleanup')).toBeUndefined();
    await updateJobSchedules(plan({ 'aged-files-cleanup': undefined }));
    expect(said).toEqual([]);
  });

  it('that another disk has taken over is told of', async () => {
    await updateJobSchedules(plan({ 'conversations-cleanup': DAILY }, 'elsewhere'));
    expect(said).toMatchObject([{ event: 'job_schedule_moved', from: 'here', to: 'elsewhere' }]);
    expect((await found('conversations-cleanup'))?.action.args).toMatchObject([{ taskQueue: 'elsewhere' }]);
  });

  it('or that Temporal refuses holds up no other', async () => {
    const wrong: Timing = { kind: 'cron', cron: '0 2 * * *', timeZone: 'Europe/Nowhere' };
    const never = updateJobSchedules(plan({ backups: wrong, 'aged-files-cleanup': HOURLY }));
    expect(await never).toEqual(['backups']);
    expect(said).toMatchObject([{ event: 'job_schedule_failed', job: 'backups' }]);
    expect(await found('aged-files-cleanup')).toBeDefined();
    expect((await found('backups'))?.spec.timezone).toBe('Europe/Berlin');
  });
});

describe('the run at start', () => {
  const runs = async (): Promise<number> =>
    (await client.workflow.count(`WorkflowType = 'agedFilesCleanup'`)).count;

  it('is one; a paused job has none, nor one that is off', async () => {
    const wanted = plan({ 'aged-files-cleanup': HOURLY });
    await handleOf('aged-files-cleanup').pause();
    await runAtStart(wanted, 'aged-files-cleanup');
    await handleOf('aged-files-cleanup').unpause();
    await runAtStart(plan({ 'aged-files-cleanup': undefined }), 'aged-files-cleanup');
    // Nobody carries it out: while it is open, another start begins no second one.
    await runAtStart(wanted, 'aged-files-cleanup');
    await runAtStart(wanted, 'aged-files-cleanup');
    await until(async () => (await runs()) > 0, { describe: 'the run', deadlineMs: 20_000 });
    await until(
      async () => {
        const { info } = (await found('aged-files-cleanup')) ?? {};
        return info?.numActionsSkippedOverlap === 1;
      },
      { describe: 'the second is skipped', deadlineMs: 20_000 },
    );
    expect((await found('aged-files-cleanup'))?.info.numActionsTaken).toBe(1);
  });
});

describe('a scheduler whose Temporal is away at its start', () => {
  it('brings the schedules up to date and begins what is to run at start once it is there', async () => {
    const results = (await client.workflow.count(`WorkflowType = 'resultsCleanup'`)).count;
    await handleOf('results-cleanup').unpause();
    const nowhere = createTemporalClient({
      connectionOptions: { address: '127.0.0.1:1' },
      namespace: client.options.namespace,
    });
    const wanted = plan({ 'results-cleanup': { kind: 'interval', everySeconds: 7_200 } });
    let isAway = true;
    const scheduler = createJobScheduler(() =>
      Promise.resolve(isAway ? { ...wanted, client: nowhere } : wanted),
    );
    await scheduler.begin();
    expect(said).toMatchObject([{ event: 'job_schedule_failed', job: 'results-cleanup' }]);
    isAway = false;
    await scheduler.ensure();
    expect((await found('results-cleanup'))?.spec.intervals).toMatchObject([{ every: 7_200_000 }]);
    const begun = async () => (await client.workflow.count(`WorkflowType = 'resultsCleanup'`)).count;
    await until(async () => (await begun()) === results + 1, { describe: 'the run', deadlineMs: 20_000 });
    // The next look finds nothing more to do.
    await scheduler.ensure();
    const { info } = (await found('results-cleanup')) ?? {};
    expect(info?.numActionsSkippedOverlap).toBe(0);
    await nowhere.connection.close();
  });
});

describe('02:00 in Europe/Berlin', () => {
  /** When the server says that the schedule runs, in UTC. */
  async function times(from: string, to: string): Promise<readonly string[]> {
    const stamp = (text: string) => ({ seconds: Math.floor(Date.parse(text) / 1_000), nanos: 0 });
    const { startTime } = await client.workflowService.listScheduleMatchingTimes({
      namespace: client.options.namespace,
      scheduleId: 'backups',
      startTime: stamp(from) as never,
      endTime: stamp(to) as never,
    });
    return startTime.map(({ seconds }) => new Date(Number(seconds) * 1_000).toISOString().slice(0, 16));
  }

  beforeAll(() => updateJobSchedules(plan({ backups: DAILY })));

  it('is 01:00 UTC in winter and 00:00 UTC in summer', async () => {
    expect(await times('2027-01-10T12:00Z', '2027-01-11T12:00Z')).toEqual(['2027-01-11T01:00']);
    expect(await times('2027-07-10T12:00Z', '2027-07-11T12:00Z')).toEqual(['2027-07-11T00:00']);
  });

  it('has to fit both fields of days, as the configuration reads them, too', async () => {
    const mondays: Timing = { kind: 'cron', cron: '0 2 1 * 1', timeZone: 'UTC' };
    await updateJobSchedules(plan({ backups: mondays }));
    const fitting = ['2027-02-01T02:00', '2027-03-01T02:00'];
    expect(await times('2027-01-02T00:00Z', '2027-03-31T00:00Z')).toEqual(fitting);
    await updateJobSchedules(plan({ backups: DAILY }));
  });

  it('does not come in the night in which the clock goes from 01:59 to 03:00: that run is left out', async () => {
    const night = ['2027-03-27T01:00', '2027-03-29T00:00', '2027-03-30T00:00'];
    expect(await times('2027-03-26T12:00Z', '2027-03-30T12:00Z')).toEqual(night);
  });

  it('comes twice in the night in which the clock goes back, and counts once: the later one', async () => {
    const nights = ['2027-10-30T00:00', '2027-10-31T01:00', '2027-11-01T01:00', '2027-11-02T01:00'];
    expect(await times('2027-10-29T12:00Z', '2027-11-02T12:00Z')).toEqual(nights);
  });
});
