import { randomUUID } from 'node:crypto';
import type { Client } from '@temporalio/client';
import { ServiceError } from '../domain/errors.ts';
import type { MaintenanceJob } from '../domain/jobs.ts';
import { reasonOff, type MaintenanceSettings } from '../maintenance/index.ts';
import { JOB_WORKFLOWS, type BackupsInput, type JobInput } from '../workflows/messages.ts';
import type { JobWish, StartedRun } from './deps.ts';
import { startRun, type RunSettings } from './start-run.ts';

export interface JobStarterOptions {
  readonly client: Client;
  readonly settings: RunSettings;
  readonly maintenance: MaintenanceSettings;
  /** Of the workers that have the disk; undefined where `MAINTENANCE_TASK_QUEUE` is off. */
  readonly queue: string | undefined;
}

/** One at a time of each; backups are each a file of its own, and wait for nobody. */
const idOf = (job: MaintenanceJob): string =>
  job === 'backups' ? `backups-manual-${randomUUID()}` : `${job}-manual`;

/**
 * Starts a job on the workers that have its disk; throws as `startRun` does, and `JOB_OFF` where the configuration has
 * nothing for it.
 */
export function createJobStarter({
  client,
  settings,
  maintenance,
  queue,
}: JobStarterOptions): (wish: JobWish) => Promise<StartedRun<unknown>> {
  return async ({ job, dryRun, retentionDays }) => {
    const reason = await reasonOff(maintenance, job);
    if (reason !== undefined) throw new ServiceError('JOB_OFF', { detail: reason });
    if (queue === undefined) throw new ServiceError('JOB_OFF', { detail: 'MAINTENANCE_TASK_QUEUE is off' });
    const more = {
      ...(retentionDays === undefined ? {} : { retentionDays }),
      ...(job === 'results-cleanup' && maintenance.metricsUrl !== undefined ? { report: true } : {}),
    };
    const input: JobInput | BackupsInput =
      job === 'backups' ? { manual: true, taskQueue: queue } : { dryRun, taskQueue: queue, ...more };
    return startRun(client, settings, {
      workflowType: JOB_WORKFLOWS[job],
      workflowId: idOf(job),
      input,
      summary: dryRun ? `${job}, a dry run somebody asked for` : `${job}, asked for by somebody`,
      limit: '1 day',
      busy: 'JOB_RUNNING',
    });
  };
}
