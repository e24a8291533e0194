/**
 * The commands of README.md and docs/operations.md, run to the letter by the real CLI against a running stack,
 * and what the documents say that each does to the lease of session `abc`.
 */
import { execFile } from 'node:child_process';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { temporalBinary } from '../support/shared-servers.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { startStack, type Stack } from '../support/stack.ts';
import { until } from '../support/until.ts';

interface Detail {
  readonly lease_id: string;
  readonly state: string;
  readonly vector_store_id: string;
  readonly end_reason: string | null;
  readonly renewed_at: string;
  readonly expires_at: string;
  readonly files: readonly string[];
  readonly stuck: { readonly last_error: string; readonly attempts: number } | null;
}

let stack: Stack;
let environment: Record<string, string>;
let acquired: { vector_store_id: string };
let leaseId: string;

beforeAll(async () => {
  // Files and stores are seconds old here: the second 404 that proves them gone must not take a minute.
  stack = await startStack({ LEASE_SECONDS: 900, CONFIRM_GONE_SECONDS: 1, ALLOW_NUKE: true });
  environment = {
    ...scrubbedEnv(),
    PATH: `${dirname(await temporalBinary())}:/usr/bin:/bin`,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.namespace,
  };
});

/** Runs a command of the documents; resolves with what it prints. */
async function run(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)('sh', ['-c', command], { env: environment, timeout: 30_000 });
  return stdout;
}

async function call<T>(method: 'GET' | 'POST', path: string): Promise<T> {
  const answer = await fetch(stack.api.url + path, { method, signal: AbortSignal.timeout(20_000) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
}
const look = () => call<Detail>('GET', '/session/abc');

/** The workflow's answer, once it fits. */
async function query(fits: (answer: Record<string, unknown>) => boolean): Promise<Record<string, unknown>> {
  let seen: unknown;
  return until(
    async () => {
      const text = await run(`temporal workflow query --workflow-id session/abc --name lease --output json`);
      seen = JSON.parse(text);
      const [answer] = (seen as { queryResult: Record<string, unknown>[] }).queryResult;
      return answer !== undefined && fits(answer) ? answer : null;
    },
    {
      describe: () => `a fitting answer of the workflow, last seen ${JSON.stringify(seen)}`,
      deadlineMs: 30_000,
    },
  );
}

/** The single state of the lease that this test acquired, once it is `state`. */
async function ended(reason: string): Promise<void> {
  await until(async () => (await look()).end_reason === reason, { describe: `the lease ended as ${reason}` });
}

beforeEach(async () => {
  await stack.simulator.control.clearFaults();
  // A lease of this test's own: one that was renewed before may have a deadline beyond a full lease from now.
  await fetch(`${stack.api.url}/session/abc/release`, { method: 'POST' });
  acquired = await call('POST', '/session/abc/acquire');
  leaseId = (await look()).lease_id;
  await query((answer) => answer['lease_id'] === leaseId && answer['state'] === 'active');
});

describe('signals and queries', () => {
  it('query shows the lease', async () => {
    const shown = await run(`temporal workflow query --workflow-id session/abc --name lease`);
    expect(shown).toContain(leaseId);
    expect(shown).toContain(acquired.vector_store_id);
  });

  it('renew puts the deadline off, and never brings it forward', async () => {
    const before = await look();
    await until(() => Date.now() > Date.parse(before.renewed_at) + 1_000, {
      describe: 'a second has passed',
    });
    await run(`temporal workflow signal --workflow-id session/abc --name renew`);
    const after = await until(
      async () => {
        const now = await look();
        return Date.parse(now.expires_at) > Date.parse(before.expires_at) ? now : null;
      },
      { describe: 'the deadline moved' },
    );
    const { looked_at: lookedAt } = await query(() => true);
    await run(`temporal workflow signal --workflow-id session/abc --name renew --input 600`);
    await query((answer) => String(answer['looked_at']) > String(lookedAt));
    expect(Date.parse((await look()).expires_at)).toBeGreaterThanOrEqual(Date.parse(after.expires_at));
  });

  it('track records files', async () => {
    await run(
      `temporal workflow signal --workflow-id session/abc --name track --input '["file-1","file-2"]'`,
    );
    await until(async () => (await look()).files.length === 2, { describe: 'two files are tracked' });
    expect((await look()).files).toEqual(['file-1', 'file-2']);
  });

  it('release ends the lease, and its store is deleted', async () => {
    await run(`temporal workflow signal --workflow-id session/abc --name release`);
    await ended('released');
    await stack.simulator.control.waitForJournal(
      (entry) => entry.effect === 'deleted' && entry.target === acquired.vector_store_id,
      { timeoutMs: 30_000 },
    );
  });
});

describe('finding sessions', () => {
  const finds = (command: string) =>
    until(async () => (await run(command)).includes('session/abc'), {
      describe: command,
      deadlineMs: 30_000,
    });

  it('by session, state and store', async () => {
    await finds(`temporal workflow list --query 'SessionId="abc"'`);
    await finds(`temporal workflow list --query 'LeaseState="active"'`);
    const byStore = `temporal workflow list --query 'VectorStoreId="vs_123"'`;
    expect(await run(byStore)).not.toContain('session/abc');
    await finds(byStore.replace('vs_123', acquired.vector_store_id));
  });

  it('that are stuck, while the provider refuses the key', async () => {
    await stack.simulator.control.setFault({
      match: { operation: 'delete_store' },
      fault: { kind: 'status', status: 401 },
      times: 0,
    });
    await call('POST', '/session/abc/release');
    const stuck = await until(async () => (await look()).stuck, { describe: 'the lease is stuck' });
    expect(stuck.attempts).toBeGreaterThanOrEqual(1);
    const { leases } = await call<{ leases: Detail[] }>('GET', '/sessions?stuck=true');
    expect(leases.map((one) => one.lease_id)).toContain(leaseId);
    await finds(`temporal workflow list --query 'LeaseStuck=true'`);
    await finds(`temporal workflow list --query 'LeaseState="draining"'`);
  });
});

describe('cancel, terminate, reset', () => {
  it('cancel releases', async () => {
    await run(`temporal workflow cancel --workflow-id session/abc`);
    await ended('cancelled');
  });

  it('terminate leaves the lease alone, and the next change brings the workflow back', async () => {
    await run(`temporal workflow terminate --workflow-id session/abc --reason 'why'`);
    await call('POST', '/session/abc/renew');
    expect(await look()).toMatchObject({ lease_id: leaseId, state: 'active' });
    await call('POST', '/session/abc/release');
    await stack.simulator.control.waitForJournal(
      (entry) => entry.effect === 'deleted' && entry.target === acquired.vector_store_id,
      { timeoutMs: 30_000 },
    );
  });

  it('reset leaves the lease alone, and the workflow goes on', async () => {
    const { looked_at: lookedAt } = await query(() => true);
    await run(`temporal workflow reset --workflow-id session/abc --type FirstWorkflowTask --reason 'why'`);
    await query((answer) => answer['lease_id'] === leaseId && String(answer['looked_at']) > String(lookedAt));
    expect(await look()).toMatchObject({ lease_id: leaseId, state: 'active' });
  });
});

describe('two installations', () => {
  it('the ways out of INSTANCE_MISMATCH are commands that work', async () => {
    await run(`temporal operator namespace create --namespace leases-two --retention 72h`);
    const terminate = `temporal workflow terminate --query 'InstanceId="the-old-id"' --reason 'the ledger of this installation is gone' --yes`;
    await run(terminate);
    expect(await look()).toMatchObject({ lease_id: leaseId, state: 'active' });
  });
});

describe('the whole', () => {
  it('is ready, lists its sessions, and is emptied by nuke', async () => {
    await until(async () => (await call<{ status: string }>('GET', '/health/ready')).status === 'ready', {
      describe: 'ready',
      deadlineMs: 30_000,
    });
    const { leases } = await call<{ leases: Detail[] }>('GET', '/sessions');
    expect(leases.map((one) => one.lease_id)).toContain(leaseId);
    expect(await call('POST', '/nuke')).toMatchObject({ sessions_deleted: 1 });
    await ended('nuked');
  });
});
