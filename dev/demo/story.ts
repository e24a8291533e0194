import { setTimeout as sleep } from 'node:timers/promises';
import { controlSimulator } from '../../simulator/control-client.ts';
import type { JournalEntry } from '../../simulator/contract.ts';
import type { RunningStack } from '../stack/run.ts';
import { uploadInto } from './provider-calls.ts';
import { sessionCalls } from './session-calls.ts';

/** Beyond the lease: a deletion is a few activities, and objects this young need a second look at a 404. */
const DELETION_DEADLINE_MS = 120_000;

/** Acquire, track, renew, expiry, deletion: told line by line while it happens. */
export async function tellStory(stack: RunningStack, say: (line: string) => void): Promise<void> {
  const providerUrl = stack.config.SIMULATOR_URL ?? '';
  const leaseSeconds = stack.config.LEASE_SECONDS;
  const name = `demo-${Date.now().toString(36)}`;
  const session = sessionCalls(stack.apiUrl, name);

  say('');
  say(`ready: ${stack.apiUrl}   leases last ${leaseSeconds} s here`);
  say(`an MCP server asks for the vector store of session ${name}:`);
  say(`  POST ${stack.apiUrl}/session/${name}/acquire`);
  const first = await session.acquire();
  say(`  ${first.vector_store_id}, made just now (reused: ${first.reused})`);

  const fileId = await uploadInto(providerUrl, first.vector_store_id, 'what the session knows');
  const { tracked } = await session.track([fileId]);
  say(`it uploads ${fileId} into the store and has it tracked (${tracked} new)`);

  const again = await session.acquire();
  say(
    `it is restarted and asks again: ${again.vector_store_id} (reused: ${again.reused}, files: ${again.files.length})`,
  );

  await sleep((leaseSeconds * 1000) / 2);
  say(
    `half a lease later it renews: ${await session.renew()}, ${(await session.look()).seconds_left} s left`,
  );
  const { workflow_url: workflowUrl } = await session.look();
  say(`its workflow, in the Web UI: ${workflowUrl ?? 'no Web UI here'}`);

  say(`then it crashes and never comes back; nothing else is done here but waiting ${leaseSeconds} s …`);
  await waitForDeletion(stack, { storeId: first.vector_store_id, fileId }, say);
  say(`renewing now: ${await session.renew()}; the lease is ${(await session.look()).state}`);
  say(`the API, to read and try: ${stack.apiUrl}/docs`);
}

async function waitForDeletion(
  stack: RunningStack,
  gone: { storeId: string; fileId: string },
  say: (line: string) => void,
): Promise<void> {
  const control = controlSimulator(stack.config.SIMULATOR_URL ?? '');
  const timeoutMs = stack.config.LEASE_SECONDS * 1000 + DELETION_DEADLINE_MS;
  for (const [what, id] of [
    ['the file', gone.fileId],
    ['the store', gone.storeId],
  ] as const) {
    const isDeletion = (entry: JournalEntry) => entry.effect === 'deleted' && entry.target === id;
    const [deletion] = await control.waitForJournal(isDeletion, { timeoutMs });
    const at = new Date(deletion?.effect_at_ms ?? 0).toISOString().slice(11, 23);
    say(`  ${at} at the provider: ${deletion?.method ?? ''} ${deletion?.path ?? ''}: ${what} is gone`);
  }
}
