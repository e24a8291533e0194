/** The main scenarios of the workflows of uploaded files, played against a fake ledger on a real server. */
import type { WorkflowHandle } from '@temporalio/client';
import {
  dueSignal,
  FILE_RUN_WORKFLOW,
  FILE_UPKEEP_WORKFLOW,
  type FileRunInput,
} from '../../workflows/messages.ts';
import { until } from '../support/until.ts';
import { NOTHING_LEFT } from '../stack/workflow/fake-files.ts';
import type { FakeLedger } from '../stack/workflow/fake-ledger.ts';
import type { Harness } from '../stack/workflow/harness.ts';

interface Stage {
  readonly ledger: FakeLedger;
  readonly harness: Harness;
}
/** Plays one as the workflow of that id; the history of its first run is then what is kept. */
type Scenario = (stage: Stage, workflowId: string) => Promise<void>;

const wake = ({ harness }: Stage, workflowId: string): Promise<WorkflowHandle> =>
  harness.client.workflow.signalWithStart(FILE_UPKEEP_WORKFLOW, {
    workflowId,
    taskQueue: harness.taskQueue,
    args: [],
    signal: dueSignal,
    signalArgs: [],
  });

const run = ({ harness }: Stage, workflowId: string, input: FileRunInput): Promise<unknown> =>
  harness.client.workflow.execute(FILE_RUN_WORKFLOW, {
    workflowId,
    taskQueue: harness.taskQueue,
    args: [input],
  });

/** By the name of their file in `histories/`, which is the id of their workflow as well. */
export const FILE_SCENARIOS: Readonly<Record<string, Scenario>> = {
  'file-run': async (stage, workflowId) => {
    const { passes, untried } = stage.ledger.files;
    passes.push({ ...NOTHING_LEFT, errors: ['a file cannot be deleted'], waitMs: 60_000 });
    untried.push(2, 0);
    await run(stage, workflowId, { kind: 'retention', dryRun: false });
  },
  'file-run-dry': async (stage, workflowId) => {
    await run(stage, workflowId, { kind: 'orphans', dryRun: true });
  },
  'file-upkeep': async (stage, workflowId) => {
    const { journal, files } = stage.ledger;
    const passes = () => journal.filter((line) => line.startsWith('upkeepFiles')).length;
    const before = passes();
    files.passes.push({ ...NOTHING_LEFT, waitMs: 300 }, { ...NOTHING_LEFT, waitMs: 3_000_000 });
    const handle = await wake(stage, workflowId);
    await until(() => passes() === before + 2, { describe: 'two passes' });
    await wake(stage, workflowId);
    await handle.result();
  },
  'file-upkeep-continues-as-new': async (stage, workflowId) => {
    const { files } = stage.ledger;
    const handle = await wake(stage, workflowId);
    const { runId } = await handle.describe();
    files.duringPass = async () => {
      const now = await stage.harness.client.workflow.getHandle(workflowId).describe();
      if (now.runId === runId) await wake(stage, workflowId);
    };
    await handle.result();
    files.duringPass = () => undefined;
  },
};
