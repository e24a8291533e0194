import type { Duration } from '@temporalio/common';
import { Client, Connection, type WorkflowHandle } from '@temporalio/client';
import {
  bundleWorkflowCode,
  DefaultLogger,
  NativeConnection,
  Runtime,
  type Worker,
} from '@temporalio/worker';
import type { Activities } from '../../../activities/contract.ts';
import type { JobActivities } from '../../../activities/job-contract.ts';
import { sessionWorkflowId } from '../../../domain/ids.ts';
import { cacheDirectory, prebuiltBundle, type WorkflowSource } from '../../../worker/bundle.ts';
import { createWorkers } from '../../../worker/workers.ts';
import { maintenanceTaskQueue } from '../../../workflows/activity-options.ts';
import { changedSignal, SESSION_WORKFLOW, type SessionInput } from '../../../workflows/messages.ts';

export const INSTANCE = 'test-instance';

export interface Harness {
  readonly client: Client;
  readonly taskQueue: string;
  /** `signalWithStart`, as the notifier does it. */
  wake(sessionId: string, change?: { workflowTaskTimeout?: Duration }): Promise<WorkflowHandle>;
  handle(sessionId: string): WorkflowHandle;
  /** Stops the workers and starts others, with other code where given. */
  restart(workflows?: WorkflowSource): Promise<void>;
  stop(): Promise<void>;
}

export interface HarnessOptions {
  readonly address: string;
  readonly namespace?: string;
  readonly activities: Activities;
  /** Those of the jobs on a disk; none where absent. */
  readonly jobs?: JobActivities;
  readonly maxCachedWorkflows?: number;
  readonly searchAttributes?: boolean;
}

let queues = 0;

/** Workers with our workflows and the given activities, on a task queue of their own. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  quietRuntime();
  const namespace = options.namespace ?? 'default';
  const connection = await Connection.connect({ address: options.address });
  const client = new Client({ connection, namespace });
  const native = await NativeConnection.connect({ address: options.address });
  const taskQueue = `test-${process.pid}-${Date.now()}-${(queues += 1)}`;
  const prebuilt = { workflowBundle: { codePath: await prebuiltBundle(cacheDirectory()) } };
  const run = async (workflows: WorkflowSource) =>
    running(
      await createWorkers({
        connection: native,
        namespace,
        taskQueue,
        activities: options.activities,
        maintenance: options.jobs && {
          taskQueue: maintenanceTaskQueue(taskQueue),
          activities: options.jobs,
        },
        workflows,
        drainSlots: 4,
        maxCachedWorkflows: options.maxCachedWorkflows ?? 100,
      }),
    );
  let workers = await run(prebuilt);
  const input = (sessionId: string): SessionInput => ({
    sessionId,
    instanceId: INSTANCE,
    searchAttributes: options.searchAttributes ?? false,
  });
  return {
    client,
    taskQueue,
    wake: (sessionId, change = {}) =>
      client.workflow.signalWithStart(SESSION_WORKFLOW, {
        workflowId: sessionWorkflowId(sessionId),
        taskQueue,
        args: [input(sessionId)],
        signal: changedSignal,
        signalArgs: [],
        ...change,
      }),
    handle: (sessionId) => client.workflow.getHandle(sessionWorkflowId(sessionId)),
    restart: async (workflows = prebuilt) => {
      await workers.stop();
      workers = await run(workflows);
    },
    stop: async () => {
      await workers.stop();
      await native.close();
      await connection.close();
    },
  };
}

function running(workers: readonly Worker[]): { stop(): Promise<void> } {
  const ended = Promise.all(workers.map((worker) => worker.run()));
  return {
    stop: async () => {
      for (const worker of workers) worker.shutdown();
      await ended;
    },
  };
}

/** Bundles other workflow code than ours: a later version with a fault in it. */
export async function bundleOf(workflowsPath: string): Promise<WorkflowSource> {
  const { code } = await bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('WARN') });
  return { workflowBundle: { code } };
}

let installed = false;

/** One runtime per process, without the SDK's chatter about failures that the tests provoke. */
export function quietRuntime(): void {
  if (installed) return;
  installed = true;
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: 'OFF' } },
  });
}
