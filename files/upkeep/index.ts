/** The life of uploads after they were made, for `activities/` and for the poll of every worker. */
import type { PassContext } from '../../deletion/pass-context.ts';
import type { UpkeepOutcome } from '../../activities/contract.ts';
import { upkeepDueMs } from '../../ledger/queries/upkeep-due.ts';
import type { FileKeeper } from '../contract.ts';
import { deleteDue } from './delete-due.ts';
import type { UpkeepDeps, UpkeepPass } from './deps.ts';
import { failStale } from './fail-stale.ts';
import { markFiles } from './mark-files.ts';
import { pruneUploads } from './prune.ts';
import { finishRun, runProgress } from './run.ts';
import { settleUploads } from './settle-uploads.ts';

export type { UpkeepDeps } from './deps.ts';

/** Settles first: what it finds is deleted in the same pass. */
async function upkeep(deps: UpkeepDeps, context: PassContext): Promise<UpkeepOutcome> {
  const told = { filesDeleted: 0, bytesFreed: 0, errors: new Set<string>() };
  const endsAt = performance.now() + deps.settings.passBudgetMs;
  const pass: UpkeepPass = { ...context, endsAt, told };
  await failStale(deps);
  await settleUploads(deps, pass);
  await deleteDue(deps, pass);
  const waitMs = await upkeepDueMs(deps.ledger, deps.settings.staleAfterMs);
  return { ...told, errors: [...told.errors], waitMs };
}

/** What the files' workflows do, and what starts them. */
export function createFileKeeper(deps: UpkeepDeps): FileKeeper {
  return {
    markFiles: (wish, context) => markFiles(deps, wish, context),
    upkeep: (context) => upkeep(deps, context),
    runProgress: (marked) => runProgress(deps, marked),
    finishRun: (wish, report) => finishRun(deps, wish, report),
    upkeepDueMs: () => upkeepDueMs(deps.ledger, deps.settings.staleAfterMs),
    pruneUploads: () => pruneUploads(deps),
  };
}
