/** Processes that share the limits of an account, each with a pool of its own, and what the provider saw of them. */
import { randomUUID } from 'node:crypto';
import { pino } from 'pino';
import { HeldBack } from '../../deletion/limits/held-back.ts';
import { limitProvider } from '../../deletion/limits/limit-provider.ts';
import { limitSettings, type LimitSettings } from '../../deletion/limits/settings.ts';
import type { StoreProvider } from '../../providers/port.ts';
import type { JournalEntry } from '../../simulator/contract.ts';
import { breakerState } from '../../ledger/queries/provider-limit.ts';
import { openBench, type Bench, type LogLine, type Part } from './kit.ts';

export const CALL = { deadlineMs: 5_000 };

export interface LimitedPart {
  readonly provider: StoreProvider;
  readonly accountId: number;
  readonly logged: LogLine[];
  readonly heldBack: string[];
  /** Permits in use, as told to the metrics one after the other. */
  readonly inUse: number[];
  /** Reasons for which its calls opened the breaker. */
  readonly opened: string[];
}

/** The part's provider within limits; unlimited but for what the test names. */
export async function limited(part: Part, changes: Partial<LimitSettings> = {}): Promise<LimitedPart> {
  const logged: LogLine[] = [];
  const heldBack: string[] = [];
  const inUse: number[] = [];
  const opened: string[] = [];
  const { accountId } = part.deps;
  const provider = await limitProvider(part.deps.provider, {
    ledger: part.ledger,
    accountId,
    settings: {
      ...limitSettings({ PROVIDER_CONCURRENCY: 100, PROVIDER_DELETE_PER_SECOND: 0 }),
      ...changes,
    },
    meter: {
      waited: () => undefined,
      heldBack: (why) => void heldBack.push(why),
      inUse: (permits) => void inUse.push(permits),
      opened: (reason) => void opened.push(reason),
    },
    log: pino({ level: 'debug' }, { write: (line: string) => void logged.push(JSON.parse(line) as LogLine) }),
  });
  return { provider, accountId, logged, heldBack, inUse, opened };
}

/** So many stores of nobody's, by id. */
export async function makeStores(part: Part, count: number): Promise<string[]> {
  const make = () =>
    part.deps.provider.createStore(
      { name: 'store', metadata: { lease_id: randomUUID() }, expiresAfterDays: null },
      CALL,
    );
  return (await Promise.all(Array.from({ length: count }, make))).map(({ id }) => id);
}

/** A create as an acquire sends it. */
export const create = ({ provider }: LimitedPart) =>
  provider.createStore({ name: 'store', metadata: { lease_id: randomUUID() }, expiresAfterDays: null }, CALL);

/** Deletes through the parts in turn; resolves with what became of each, in their order. */
export function deleteAll(
  parts: readonly LimitedPart[],
  ids: readonly string[],
): Promise<PromiseSettledResult<void>[]> {
  return Promise.allSettled(
    ids.map((id, n) => (parts[n % parts.length] as LimitedPart).provider.deleteStore(id, CALL)),
  );
}

export const reasonsOf = (results: readonly PromiseSettledResult<unknown>[]): unknown[] =>
  results.flatMap((result) => (result.status === 'rejected' ? [result.reason as unknown] : []));
export const areHeldBack = (results: readonly PromiseSettledResult<unknown>[]): boolean =>
  results.length > 0 &&
  reasonsOf(results).filter((reason) => reason instanceof HeldBack).length === results.length;

export const deletes = async (bench: Bench): Promise<readonly JournalEntry[]> =>
  (await bench.control.journal()).filter(({ operation }) => operation === 'delete_store');

/** Open for as long as a test runs, unless it says otherwise. */
export const LONG = { firstOpenMs: 60_000, longestOpenMs: 60_000 };

export async function twoProcesses(settings: Partial<LimitSettings> = {}) {
  const bench = await openBench();
  const other = await bench.another();
  return {
    bench,
    one: await limited(bench, { ...LONG, ...settings }),
    two: await limited(other, { ...LONG, ...settings }),
  };
}

export const isOpen = async (bench: Bench, { accountId }: LimitedPart) =>
  (await breakerState(bench.ledger, accountId))?.reason !== null;
/** As if the open time had passed. */
export const makeDue = (bench: Bench) =>
  bench.sql(`UPDATE provider_limit SET open_until = clock_timestamp()`);

/** One after the other, so that the row of outcomes is known. */
export async function deleteEach(part: LimitedPart, ids: readonly string[]): Promise<unknown[]> {
  const errors: unknown[] = [];
  for (const id of ids) errors.push(...reasonsOf(await deleteAll([part], [id])));
  return errors;
}
