/** What tests look at in the provider: the simulator's journal and state, by session. */
import type { JournalEntry } from '../../simulator/contract.ts';
import type { SimulatorControl } from '../../simulator/control-client.ts';
import { TAG_SESSION } from '../../domain/store-tags.ts';

/** Stores of a session that exist now. */
export async function storesOf(control: SimulatorControl, session: string): Promise<string[]> {
  const { stores } = await control.state();
  return stores.filter((store) => store.metadata[TAG_SESSION] === session).map((store) => store.id);
}

/** Which of these files exist now. */
export async function filesLeft(control: SimulatorControl, fileIds: readonly string[]): Promise<string[]> {
  const { files } = await control.state();
  return files.filter((file) => fileIds.includes(file.id)).map((file) => file.id);
}

/** Calls about the stores of the given leases, and creates of them. */
export async function callsOf(
  control: SimulatorControl,
  leaseIds: readonly string[],
  operation: JournalEntry['operation'],
): Promise<readonly JournalEntry[]> {
  const entries = await control.journal();
  return entries.filter(
    (entry) => entry.operation === operation && entry.lease !== null && leaseIds.includes(entry.lease),
  );
}
