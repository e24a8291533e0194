import { setTimeout as sleep } from 'node:timers/promises';
import {
  adoptStore,
  chosenStores,
  notGone,
  removeStore,
  type Choice,
  type NewestListing,
  type StrayStore,
} from '../leases/index.ts';
import { confirm } from './confirm.ts';
import type { CommandContext } from './run-command.ts';

const LOOK_EVERY_MS = 1_000;
/** A line of progress for so many stores. */
const STEP = 100;

/** A command's context with what it was called for. */
export interface Chosen extends CommandContext {
  readonly listing: NewestListing;
  readonly choice: Choice;
}

/** Progress goes to the terminal, reports to whoever reads the output. */
function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** The counts of the last valid sweep, as JSON. */
export function showCounts(
  { say }: CommandContext,
  last: { readonly listing: NewestListing; readonly counts: object },
): void {
  const { ageMs, baseUrl } = last.listing;
  say(JSON.stringify({ listed_seconds_ago: Math.round(ageMs / 1_000), base_url: baseUrl, ...last.counts }));
}

function describe(store: StrayStore) {
  return {
    store_id: store.storeId,
    name: store.name,
    age_seconds: Math.floor(store.ageMs / 1_000),
    usage_bytes: store.usageBytes,
    lease_id: store.leaseId,
    session_id: store.sessionId,
  };
}

async function confirmed(chosen: readonly StrayStore[], verb: string): Promise<boolean> {
  for (const store of chosen) tell(JSON.stringify(describe(store)));
  if (await confirm(`${verb} ${chosen.length}`)) return true;
  tell('not confirmed: nothing was done');
  return false;
}

/** Does the work; where it fails half way, what was done until then is reported first. */
async function reporting<T>(
  { say }: CommandContext,
  work: () => Promise<T>,
  report: () => object,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    say(JSON.stringify(report(), null, 2));
    throw error;
  }
}

/** Adopts every chosen store after a confirmation; reports each. */
export async function adoptAll(chosen: Chosen): Promise<number> {
  const { ledger, config, say, listing, choice } = chosen;
  const stores = await chosenStores(ledger, listing, choice);
  if (stores.length > 0 && !(await confirmed(stores, 'adopt'))) return 1;
  const adopted: object[] = [];
  const taken: string[] = [];
  const report = () => ({ chosen: stores.length, adopted, taken });
  const adopt = async (): Promise<void> => {
    for (const store of stores) {
      const lease = await adoptStore(ledger, listing, { store, leaseMs: config.LEASE_SECONDS * 1_000 });
      if (lease === undefined) taken.push(store.storeId);
      else adopted.push({ store_id: lease.storeId, lease_id: lease.leaseId, session_id: lease.sessionId });
      if ((adopted.length + taken.length) % STEP === 0) tell(`${adopted.length} adopted of ${stores.length}`);
    }
  };
  await reporting(chosen, adopt, report);
  say(JSON.stringify(report(), null, 2));
  return 0;
}

async function waitUntilGone(
  { ledger }: Chosen,
  leaseIds: readonly string[],
  limitMs: number,
): ReturnType<typeof notGone> {
  const giveUpAt = performance.now() + limitMs;
  let said = -1;
  for (;;) {
    const left = await notGone(ledger, leaseIds);
    if (left.length !== said) tell(`${leaseIds.length - left.length} gone of ${leaseIds.length}`);
    said = left.length;
    if (left.every(({ stuck }) => stuck) || performance.now() > giveUpAt) return left;
    await sleep(LOOK_EVERY_MS);
  }
}

/** Lists the chosen stores; with `really`, and after a confirmation, deletes them and reports what is left. */
export async function deleteAll(
  chosen: Chosen,
  { really, limitMs }: { readonly really: boolean; readonly limitMs: number },
): Promise<number> {
  const { ledger, say, listing } = chosen;
  const stores = await chosenStores(ledger, listing, chosen.choice);
  if (!really || stores.length === 0) {
    say(JSON.stringify({ dry_run: !really, chosen: stores.length, stores: stores.map(describe) }, null, 2));
    return 0;
  }
  if (!(await confirmed(stores, 'delete'))) return 1;
  const begun: { readonly store_id: string; readonly lease_id: string }[] = [];
  const taken: string[] = [];
  const remove = async (): ReturnType<typeof notGone> => {
    for (const { storeId } of stores) {
      const leaseId = await removeStore(ledger, listing, storeId);
      if (leaseId === undefined) taken.push(storeId);
      else begun.push({ store_id: storeId, lease_id: leaseId });
      if ((begun.length + taken.length) % STEP === 0) tell(`${begun.length} begun of ${stores.length}`);
    }
    const leaseIds = begun.map((one) => one.lease_id);
    return waitUntilGone(chosen, leaseIds, limitMs);
  };
  const soFar = () => ({ dry_run: false, chosen: stores.length, begun, taken });
  const left = await reporting(chosen, remove, soFar);
  const report = {
    ...{ dry_run: false, chosen: stores.length, gone: begun.length - left.length, taken },
    left: left.map((one) => ({
      ...{ store_id: one.storeId, lease_id: one.leaseId },
      ...{ stuck: one.stuck, last_error: one.lastError },
    })),
  };
  say(JSON.stringify(report, null, 2));
  return left.length === 0 ? 0 : 1;
}
