/** The workflows of uploaded files against a fake ledger: what they ask for, when they end, and that no signal is lost. */
import type { WorkflowHandle } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import type { FileRunReport, UpkeepOutcome } from '../../../activities/contract.ts';
import { createFileRunStarter } from '../../../api/start-file-run.ts';
import { createFileNotifier } from '../../../workflows/client.ts';
import {
  dueSignal,
  FILE_RUN_WORKFLOW,
  FILE_UPKEEP,
  FILE_UPKEEP_WORKFLOW,
  MANUAL_FILE_RUNS,
} from '../../../workflows/messages.ts';
import { createNamespace } from '../../support/namespaces.ts';
import { until } from '../../support/until.ts';
import { NOTHING_LEFT, STARTED_AT } from './fake-files.ts';
import { createFakeLedger, type FakeLedger } from './fake-ledger.ts';
import { startHarness, type Harness } from './harness.ts';

let ledger: FakeLedger;
let harness: Harness;

beforeAll(async () => {
  ledger = createFakeLedger();
  // The upkeep of a namespace is one workflow: no other test may have it.
  const namespace = await createNamespace('files');
  const address = inject('temporalAddress');
  harness = await startHarness({ address, namespace, activities: ledger.activities });
});
afterAll(() => harness.stop());
beforeEach(() => {
  ledger.journal.length = 0;
  ledger.files.passes.length = 0;
  ledger.files.untried.length = 0;
  ledger.files.finished.length = 0;
  ledger.files.duringPass = () => undefined;
});

const passes = () => ledger.journal.filter((line) => line.startsWith('upkeepFiles')).length;
const outcome = (waitMs: number | null, errors: string[] = []): UpkeepOutcome => ({
  ...NOTHING_LEFT,
  errors,
  waitMs,
});
const wakeUpkeep = () =>
  harness.client.workflow.signalWithStart(FILE_UPKEEP_WORKFLOW, {
    workflowId: FILE_UPKEEP,
    taskQueue: harness.taskQueue,
    args: [],
    signal: dueSignal,
    signalArgs: [],
  });

describe('the upkeep', () => {
  test('goes on while there is something to do, rests as it is told, and ends', async () => {
    ledger.files.passes.push(outcome(0), outcome(300));
    const handle = await wakeUpkeep();
    await handle.result();
    expect(passes()).toBe(3);
    const { historyLength } = await handle.describe();
    expect(historyLength).toBeLessThan(40);
  });

  test('a signal cuts its rest short', async () => {
    ledger.files.passes.push(outcome(3_000_000));
    const handle = await wakeUpkeep();
    await until(() => passes() === 1, { describe: 'the first pass' });
    await wakeUpkeep();
    await handle.result();
    expect(passes()).toBe(2);
  });

  test('a signal that comes while the last pass ends is not lost', async () => {
    let told = 0;
    ledger.files.duringPass = async () => {
      // Each pass but the last is told, while it is under way, that there is more; none of them finds anything left.
      if (told < 5) await wakeUpkeep();
      told += 1;
    };
    const handle = await wakeUpkeep();
    await handle.result();
    expect(passes()).toBe(6);
  });

  test('keeps its history short, whatever it is told meanwhile', async () => {
    const first = await wakeUpkeep();
    const { runId } = await first.describe();
    // Told during every pass of this run, but not for ever: a run without end would not end the test either.
    let told = 0;
    ledger.files.duringPass = async () => {
      const { runId: now } = await harness.client.workflow.getHandle(FILE_UPKEEP).describe();
      if (now === runId && (told += 1) < 40) await wakeUpkeep();
    };
    await first.result();
    const run = await harness.client.workflow.getHandle(FILE_UPKEEP, runId).describe();
    expect(run.status.name).toBe('CONTINUED_AS_NEW');
    expect(run.historyLength).toBeLessThan(150);
  });

  test('outlives a pass that failed for good', async () => {
    ledger.files.passes.push(ApplicationFailure.nonRetryable('a fault of ours', 'INTERNAL'));
    const handle = await wakeUpkeep();
    await until(() => passes() === 1, { describe: 'the pass that fails' });
    await wakeUpkeep();
    await handle.result();
    expect(passes()).toBe(2);
  });
});

describe('the notifier', () => {
  const notifierOf = (complaints: object[]) =>
    createFileNotifier({
      client: harness.client,
      taskQueue: harness.taskQueue,
      log: { warn: (fields) => void complaints.push(fields) },
    });
  const signals = async (handle: WorkflowHandle) =>
    (await handle.fetchHistory()).events?.filter((event) => event.workflowExecutionSignaledEventAttributes)
      .length ?? 0;

  test('starts the upkeep, and starts it again', async () => {
    const complaints: object[] = [];
    const notifier = notifierOf(complaints);
    const handle = harness.client.workflow.getHandle(FILE_UPKEEP);
    notifier.due();
    await until(() => passes() === 1, { describe: 'a pass' });
    await handle.result();
    notifier.due();
    await until(() => passes() === 2, { describe: 'a pass of a new run' });
    await handle.result();
    await notifier.stop();
    expect(complaints).toEqual([]);
  });

  test('tells once a second at most, however often something falls due', async () => {
    const free = Promise.withResolvers<undefined>();
    ledger.files.duringPass = () => free.promise;
    const notifier = notifierOf([]);
    const startedAt = performance.now();
    notifier.due();
    await until(() => passes() === 1, { describe: 'a pass' });
    const handle = harness.client.workflow.getHandle(FILE_UPKEEP);
    for (let n = 0; n < 300; n += 1) {
      notifier.due();
      await handle.describe();
    }
    const most = (performance.now() - startedAt) / 1000 + 2;
    expect(await signals(handle)).toBeLessThanOrEqual(most);
    free.resolve(undefined);
    await handle.result();
    await notifier.stop();
  });
});

const run = (args: readonly unknown[], workflowId: string): Promise<FileRunReport> =>
  harness.client.workflow.execute(FILE_RUN_WORKFLOW, {
    workflowId,
    taskQueue: harness.taskQueue,
    args: [...args],
  }) as Promise<FileRunReport>;

describe('a run', () => {
  test.each([
    ['nothing', []],
    ['null', [null]],
    ['a kind alone', [{ kind: 'retention' }]],
  ])('given %s only looks', async (_name, args) => {
    const report = await run(args, `dry ${_name}`);
    expect(report).toMatchObject({ files_marked: 3, files_deleted: 0, bytes_freed: 30, errors: [] });
    expect(ledger.journal).toEqual(['markFiles retention dry', 'finishFileRun retention']);
    expect(ledger.files.finished).toEqual([report]);
  });

  test('deletes until each of its files was tried, and sums up', async () => {
    ledger.files.passes.push(outcome(0, ['one', 'two']), outcome(60_000, ['two']));
    ledger.files.untried.push(4, 0);
    const report = await run([{ kind: 'orphans', dryRun: false }], 'real');
    expect(report).toEqual({
      files_marked: 3,
      files_deleted: 2,
      bytes_freed: 20,
      errors: ['one', 'two'],
      duration: expect.any(Number),
    });
    expect(report.duration).toBeGreaterThanOrEqual(1);
    expect(ledger.journal).toEqual([
      'markFiles orphans',
      'upkeepFiles all',
      `fileRunProgress ${STARTED_AT}`,
      'upkeepFiles all',
      `fileRunProgress ${STARTED_AT}`,
      'finishFileRun orphans',
    ]);
  });
});

describe('a run that somebody asks for', () => {
  const starter = (waitMs: number) =>
    createFileRunStarter(harness.client, {
      taskQueue: harness.taskQueue,
      waitMs,
      temporalNamespace: 'ns',
      temporalUiUrl: 'http://127.0.0.1:8233/',
    });

  test('answers with its report', async () => {
    const answer = await starter(20_000)({ kind: 'retention', dryRun: false });
    expect(answer).toMatchObject({ result: { files_marked: 3, files_deleted: 2 } });
  });

  test('answers with where to look once it takes too long, and is one at a time of its kind', async () => {
    const free = Promise.withResolvers<undefined>();
    ledger.files.duringPass = () => free.promise;
    const workflowId = MANUAL_FILE_RUNS.orphans;
    expect(await starter(500)({ kind: 'orphans', dryRun: false })).toEqual({
      workflowId,
      workflowUrl: `http://127.0.0.1:8233/namespaces/ns/workflows/${workflowId}`,
    });
    const again = starter(20_000)({ kind: 'orphans', dryRun: true });
    await expect(again).rejects.toMatchObject({ code: 'JOB_RUNNING' });
    // Of the other kind there may be one beside it.
    const other = starter(20_000)({ kind: 'retention', dryRun: true });
    expect(await other).toMatchObject({ result: { files_deleted: 0 } });
    free.resolve(undefined);
    await harness.client.workflow.getHandle(workflowId).result();
  });
});
