/** Histories of the main scenarios replay on the workflows as they are now. No server takes part. */
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { cacheDirectory, prebuiltBundle, type WorkflowSource } from '../../worker/bundle.ts';
import { quietRuntime } from '../stack/workflow/harness.ts';
import { recordedHistories } from './histories.ts';
import { bundleWithChange } from './changed-bundle.ts';
import { FILE_SCENARIOS } from './file-scenarios.ts';
import { JOB_SCENARIOS } from './job-scenarios.ts';
import { SCENARIOS } from './scenarios.ts';

const histories = recordedHistories();
let current: WorkflowSource;

beforeAll(async () => {
  quietRuntime();
  current = { workflowBundle: { codePath: await prebuiltBundle(cacheDirectory()) } };
});

const workflowIdOf = (name: string) =>
  name in FILE_SCENARIOS || name in JOB_SCENARIOS ? name : `session/${name}`;
const replay = (source: WorkflowSource, name: string) =>
  Worker.runReplayHistory(source, histories.get(name), workflowIdOf(name));

test('every scenario is recorded, and nothing else', () => {
  const scenarios = [
    ...Object.keys(SCENARIOS),
    ...Object.keys(FILE_SCENARIOS),
    ...Object.keys(JOB_SCENARIOS),
  ];
  expect([...histories.keys()].toSorted()).toEqual(scenarios.toSorted());
});

describe('the workflows of today', () => {
  test.each([...histories.keys()])('replay %s', async (name) => {
    await expect(replay(current, name)).resolves.toBeUndefined();
  });
});

/** A sleep or a step that no history has, in each of the workflows. */
const CHANGES = [
  {
    where: 'before the look at a session',
    file: 'ledger-work.ts',
    from: 'const number = ++run.looksBegun;',
    to: 'const number = ++run.looksBegun; await condition(() => false, 5);',
    fails: (name: string) => name in SCENARIOS,
  },
  {
    where: 'before a run lets go of files',
    file: 'file-run.ts',
    from: 'const beganAtMs = Date.now();',
    to: 'const beganAtMs = Date.now(); await sleep(5);',
    fails: (name: string) => name.startsWith('file-run'),
  },
  {
    where: 'before a pass of the upkeep',
    file: 'file-upkeep.ts',
    from: 'const waitMs = await passOrRest();',
    to: 'await condition(() => false, 5); const waitMs = await passOrRest();',
    fails: (name: string) => name.startsWith('file-upkeep'),
  },
  {
    where: 'before a run over results',
    file: 'jobs.ts',
    from: 'const run = { runId:',
    to: "await jobStep(input, 'more').cleanAgedFiles({ dryRun: true }); const run = { runId:",
    fails: (name: string) => name.startsWith('job-results'),
  },
  {
    where: 'between two backups',
    file: 'jobs.ts',
    from: 'for (const kind of BACKUP_KINDS) {',
    to: "for (const kind of BACKUP_KINDS) { await jobStep(input, 'more').cleanAgedFiles({ dryRun: true });",
    fails: (name: string) => name.startsWith('job-backups'),
  },
];

describe.each(CHANGES)('the workflows with a step more $where', ({ file, from, to, fails }) => {
  let changed: WorkflowSource;
  beforeAll(async () => {
    changed = await bundleWithChange(file, { from, to });
  });

  test.each([...histories.keys()].filter(fails))('fail %s', async (name) => {
    await expect(replay(changed, name)).rejects.toThrow(/[Nn]ondeterminism/);
  });
});
