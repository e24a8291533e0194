import { ServiceError } from '../../domain/errors.ts';
import { accountsOf } from '../../ledger/queries/prove-accounts.ts';
import { pulseRun } from '../../ledger/queries/sweep-progress.ts';
import { readRun, type SweepRunRow } from '../../ledger/queries/sweep-run.ts';
import type { PassContext } from '../contract.ts';
import type { LeaseDeps } from '../deps.ts';

/** Rows that one statement looks at: a fraction of the ledger's time limit. */
export const PAGE = 500;
/** What a run reports of its deeds; the counts tell how many there were. */
export const MOST_ACTIONS = 100;

/** A run under way, as its steps know it. */
export interface OpenRun extends SweepRunRow {
  readonly accountId: number;
  readonly instanceId: string;
  readonly provider: string;
  readonly baseUrl: string;
  /** The ledger's rows of the account that is listed: that of the present key, and those proven to be the same. */
  readonly accounts: readonly number[];
}

/** The run, or `undefined` once it has ended: whoever took it for dead goes on in its place. */
export async function openRun(deps: LeaseDeps, runId: string): Promise<OpenRun | undefined> {
  const run = await readRun(deps.ledger, runId);
  if (run === undefined || run.finishedAt !== null) return undefined;
  const { provider, baseUrl } = deps.provider.account;
  const { instanceId } = deps.settings;
  const accounts = await accountsOf(deps.ledger, deps.accountId);
  return { ...run, accountId: deps.accountId, instanceId, provider, baseUrl, accounts };
}

/** Shows that the run is alive, to Temporal and in the ledger. Throws where it was ended meanwhile. */
export async function pulse(deps: LeaseDeps, runId: string, context: PassContext): Promise<void> {
  context.signal.throwIfAborted();
  context.heartbeat();
  if (!(await pulseRun(deps.ledger, runId))) throw runTakenOver();
}

/** Another sweep has begun since; this one has nothing left to say. */
export function runTakenOver(): ServiceError {
  return new ServiceError('SWEEP_RUNNING');
}

/** Page after page, by the last id of the page before. */
export async function* pages<Row extends { readonly storeId: string }>(
  read: (page: { readonly after: string; readonly limit: number }) => Promise<readonly Row[]>,
): AsyncGenerator<readonly Row[], void> {
  let after = '';
  for (;;) {
    const rows = await read({ after, limit: PAGE });
    const last = rows.at(-1);
    if (last === undefined) return;
    yield rows;
    after = last.storeId;
  }
}
