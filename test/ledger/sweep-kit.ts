/** A whole sweep without Temporal, and what tests of it put at the provider. */
import { randomUUID } from 'node:crypto';
import OpenAI from 'openai';
import type { SweepReport } from '../../activities/contract.ts';
import { TAG_INSTANCE, TAG_LEASE, TAG_SESSION } from '../../domain/store-tags.ts';
import { createSweepKeeper } from '../../leases/sweep/index.ts';
import { acquireOf, ask, CONTEXT, KEY, type Bench, type Part } from './kit.ts';

/** The steps of one sweep in their order, as the workflow takes them. */
export async function sweepOnce(part: Part, dryRun = false): Promise<SweepReport> {
  const keeper = createSweepKeeper(part.deps);
  const run = await keeper.beginSweep({ dryRun, holder: randomUUID() });
  if (run === null) throw new Error('another sweep is under way');
  if ((await keeper.listStores(run, CONTEXT)).valid) {
    await keeper.tendStores(run, CONTEXT);
    await keeper.deleteStrays(run, CONTEXT);
  }
  return keeper.finishSweep(run);
}

/** A store at the provider that the service has not made. */
export async function appear(
  bench: Bench,
  tags: { readonly leaseId?: string; readonly instanceId?: string; readonly sessionId?: string } = {},
  name = 'appeared',
): Promise<string> {
  const sdk = new OpenAI({ apiKey: KEY, baseURL: bench.simulator.baseUrl });
  const { leaseId, sessionId } = tags;
  const instanceId = tags.instanceId ?? (leaseId === undefined ? undefined : bench.deps.settings.instanceId);
  const metadata = {
    ...(instanceId === undefined ? {} : { [TAG_INSTANCE]: instanceId }),
    ...(leaseId === undefined ? {} : { [TAG_LEASE]: leaseId }),
    ...(sessionId === undefined ? {} : { [TAG_SESSION]: sessionId }),
  };
  return (await sdk.vectorStores.create({ name, metadata })).id;
}

export async function leaseOf(part: Part, sessionId: string): Promise<string> {
  return (await part.leases.get(sessionId)).leaseId;
}

/** A lease that was made, released and proven gone; resolves with its id. */
export async function closedLease(bench: Bench, sessionId = 'ended'): Promise<string> {
  await bench.leases.acquire(acquireOf(sessionId));
  await bench.leases.release({ ...ask(sessionId), force: false });
  const leaseId = await leaseOf(bench, sessionId);
  if (!(await bench.keeper.deleteStore(leaseId, CONTEXT)).closed) throw new Error('it did not close');
  return leaseId;
}

/** Leases held so far count as active since before the next listing. */
export async function settle(bench: Bench): Promise<void> {
  await bench.sql(`UPDATE store SET created_at = created_at - interval '6 min' WHERE state = 'held'`);
}

export async function storeIds(bench: Bench): Promise<readonly string[]> {
  return (await bench.control.state()).stores.map(({ id }) => id).toSorted();
}

export async function deletions(bench: Bench, storeId: string): Promise<number> {
  const journal = await bench.control.journal();
  return journal.filter((entry) => entry.operation === 'delete_store' && entry.target === storeId).length;
}

export async function listedKinds(bench: Bench): Promise<Readonly<Record<string, string>>> {
  const rows = await bench.sql<{ store_id: string; kind: string }>(`SELECT store_id, kind FROM listed_store`);
  return Object.fromEntries(rows.map((row) => [row.store_id, row.kind]));
}
