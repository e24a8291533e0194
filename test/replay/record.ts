/** `npm run record:histories`: plays every scenario on a Temporal server of its own and keeps the histories. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { Client, Connection } from '@temporalio/client';
import { ensureSearchAttributes } from '../../worker/ensure-namespace.ts';
import { FAKE_JOBS } from '../stack/workflow/fake-jobs.ts';
import { createFakeLedger } from '../stack/workflow/fake-ledger.ts';
import { startHarness, type Harness } from '../stack/workflow/harness.ts';
import { scrubProcessEnvironment } from '../support/scrub.ts';
import { startTemporal } from '../support/shared-servers.ts';
import { FILE_SCENARIOS } from './file-scenarios.ts';
import { HISTORIES } from './histories.ts';
import { JOB_SCENARIOS } from './job-scenarios.ts';
import { SCENARIOS } from './scenarios.ts';

/** The first run is the scenario's: what comes after continue-as-new belongs to the next. */
async function save(harness: Harness, name: string, workflowId: string): Promise<void> {
  const handle = harness.client.workflow.getHandle(workflowId, await firstRunOf(harness, workflowId));
  const json: unknown = JSON.parse(historyToJSON(await handle.fetchHistory()));
  writeFileSync(join(HISTORIES, `${name}.json`), `${JSON.stringify(json, null, 1)}\n`);
  console.log(`recorded ${name}`);
}

async function firstRunOf(harness: Harness, workflowId: string): Promise<string> {
  const runs = [];
  for await (const run of harness.client.workflow.list({ query: `WorkflowId = "${workflowId}"` }))
    runs.push(run);
  const first = runs.toSorted((a, b) => a.startTime.getTime() - b.startTime.getTime())[0];
  if (first === undefined) throw new Error(`no run of ${workflowId}`);
  return first.runId;
}

scrubProcessEnvironment();
const directory = mkdtempSync(join(tmpdir(), 'loiter-killer-record-'));
const server = await startTemporal(directory);
const connection = await Connection.connect({ address: server.address });
await ensureSearchAttributes(new Client({ connection }));
await connection.close();
const ledger = createFakeLedger();
const harness = await startHarness({
  address: server.address,
  activities: ledger.activities,
  jobs: FAKE_JOBS,
  searchAttributes: true,
});
try {
  mkdirSync(HISTORIES, { recursive: true });
  for (const [session, scenario] of Object.entries(SCENARIOS)) {
    await scenario({ ledger, harness }, session);
    await save(harness, session, `session/${session}`);
  }
  for (const [name, scenario] of Object.entries(FILE_SCENARIOS)) {
    await scenario({ ledger, harness }, name);
    await save(harness, name, name);
  }
  for (const [name, scenario] of Object.entries(JOB_SCENARIOS)) {
    await scenario({ harness }, name);
    await save(harness, name, name);
  }
} finally {
  await harness.stop();
  await server.stop();
  rmSync(directory, { recursive: true, force: true });
}
process.exit(0);
