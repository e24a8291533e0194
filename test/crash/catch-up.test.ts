/**
 * An outage of Temporal over several times of a schedule: no burst of runs makes up for them. Part of `npm run crash`,
 * because it lasts as long as the outage.
 */
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { expect, it } from 'vitest';
import { adopt, kill9, scratchDirectory } from '../support/parts.ts';
import { startTemporal } from '../support/shared-servers.ts';
import { startStack } from '../support/stack.ts';
import { until } from '../support/until.ts';

/** Temporal makes up for nothing that is older than 10 s, so that a shorter time would say less. */
const EVERY_SECONDS = 12;
const MISSED = 4;

async function runs(address: string): Promise<readonly number[]> {
  const connection = await Connection.connect({ address });
  try {
    const client = new Client({ connection });
    const found: number[] = [];
    for await (const run of client.workflow.list({ query: `WorkflowType = 'resultsCleanup'` })) {
      found.push(run.startTime.getTime());
    }
    return found.toSorted((one, other) => one - other);
  } finally {
    await connection.close();
  }
}

it('an outage over four runs is made up for once at most', { timeout: 180_000 }, async () => {
  const directory = scratchDirectory('temporal');
  const first = await startTemporal(directory);
  adopt(first.part);
  await startStack({
    TEMPORAL_ADDRESS: first.address,
    TEMPORAL_NAMESPACE: 'default',
    RESULTS_DIR: join(directory, 'results'),
    RESULTS_CLEANUP_INTERVAL_HOURS: EVERY_SECONDS / 3_600,
  });
  // That at the start, and one by itself.
  await until(async () => (await runs(first.address)).length >= 2, {
    ...{ describe: 'two runs', deadlineMs: 60_000 },
  });
  await kill9(first.part);
  const gone = Date.now();
  await until(() => Date.now() > gone + MISSED * EVERY_SECONDS * 1_000, {
    ...{ describe: 'four more would have been', deadlineMs: 90_000 },
  });
  const port = Number(new URL(`http://${first.address}`).port);
  const second = await startTemporal(directory, { port });
  adopt(second.part);
  const back = Date.now();
  await until(async () => (await runs(second.address)).filter((at) => at > back).length >= 2, {
    ...{ describe: 'it runs again', deadlineMs: 60_000 },
  });
  const after = (await runs(second.address)).filter((at) => at > gone);
  // Those by themselves since then, and one that makes up for the last that was missed.
  const regular = Math.ceil((Date.now() - back) / (EVERY_SECONDS * 1_000));
  expect(after.length).toBeLessThanOrEqual(regular + 1);
});
