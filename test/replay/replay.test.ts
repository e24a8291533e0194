/** Histories of the main scenarios replay on the workflows as they are now. No server takes part. */
import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, test } from 'vitest';
import { cacheDirectory, prebuiltBundle, type WorkflowSource } from '../../worker/bundle.ts';
import { quietRuntime } from '../stack/workflow/harness.ts';
import { recordedHistories } from './histories.ts';
import { bundleWithChange } from './changed-bundle.ts';
import { SCENARIOS } from './scenarios.ts';

const histories = recordedHistories();
let current: WorkflowSource;

beforeAll(async () => {
  quietRuntime();
  current = { workflowBundle: { codePath: await prebuiltBundle(cacheDirectory()) } };
});

const replay = (source: WorkflowSource, name: string) =>
  Worker.runReplayHistory(source, histories.get(name), `session/${name}`);

test('every scenario is recorded, and nothing else', () => {
  expect([...histories.keys()].toSorted()).toEqual(Object.keys(SCENARIOS).toSorted());
});

describe('the workflows of today', () => {
  test.each([...histories.keys()])('replay %s', async (name) => {
    await expect(replay(current, name)).resolves.toBeUndefined();
  });
});

describe('the workflows with a sleep inserted before the look', () => {
  let changed: WorkflowSource;
  beforeAll(async () => {
    changed = await bundleWithChange('ledger-work.ts', {
      from: 'const number = ++run.looksBegun;',
      to: 'const number = ++run.looksBegun; await condition(() => false, 5);',
    });
  });

  test.each([...histories.keys()])('fail %s', async (name) => {
    await expect(replay(changed, name)).rejects.toThrow(/[Nn]ondeterminism/);
  });
});
