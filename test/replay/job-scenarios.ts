/** Each workflow of a maintenance job, played over jobs without a disk on a real server. */
import type { Harness } from '../stack/workflow/harness.ts';
import { JOB_WORKFLOWS, type BackupsInput, type JobInput } from '../../workflows/messages.ts';

interface Stage {
  readonly harness: Harness;
}

const play =
  (workflowType: string, input: JobInput | BackupsInput | null) =>
  async ({ harness }: Stage, workflowId: string): Promise<void> => {
    const { client, taskQueue } = harness;
    await client.workflow.execute(workflowType, { workflowId, taskQueue, args: [input] });
  };

const REPORT = { deleted_count: 2, freed_bytes: 20, checked_count: 3, errors: 0, duration_ms: 1.5 };

/** By the name of their file in `histories/`, which is the id of their workflow as well. */
export const JOB_SCENARIOS: Readonly<Record<string, (stage: Stage, workflowId: string) => Promise<void>>> = {
  'job-results-dry': play(JOB_WORKFLOWS['results-cleanup'], null),
  'job-results-reported': play(JOB_WORKFLOWS['results-cleanup'], { dryRun: false, report: true }),
  'job-report-not-taken': async ({ harness }, workflowId) => {
    const args = [{ ...REPORT, timestamp: '2027-01-01T00:00:00.000Z' }, {}];
    await harness.client.workflow.execute('resultsReport', {
      ...{ workflowId, taskQueue: harness.taskQueue, args },
    });
  },
  'job-aged-files': play(JOB_WORKFLOWS['aged-files-cleanup'], { dryRun: false }),
  'job-conversations': play(JOB_WORKFLOWS['conversations-cleanup'], { dryRun: true, retentionDays: 3 }),
  'job-backups-one-fails': play(JOB_WORKFLOWS.backups, { manual: false }),
};
