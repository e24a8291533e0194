import type { PassContext } from '../../deletion/pass-context.ts';
import { ServiceError } from '../../domain/errors.ts';
import { againWhileAway } from '../../ledger/index.ts';
import {
  beginResultsRun,
  endedResultsRun,
  type ResultsProgress,
} from '../../ledger/queries/results-begin.ts';
import { finishResultsRun } from '../../ledger/queries/results-finish.ts';
import { leaveResultsRun, type ResultsAttempt } from '../../ledger/queries/results-progress.ts';
import { resolveDirectory } from '../directories.ts';
import { cleanDirectory } from './clean.ts';
import type { ResultsCleanup, ResultsRun } from './contract.ts';
import { noCounts, type Counts } from './counts.ts';
import type { ResultsDeps } from './deps.ts';
import { noteTeller, tellOfCleanup } from './log.ts';
import { toBytes } from '../bytes.ts';
import { canPin } from '../place.ts';
import { keepPulse } from './pulse.ts';

/** Without a pulse for this long a run is taken for dead; they come each second. */
const SILENT_MS = 30_000;
/** What was counted is lost where it cannot be written down: it is tried for as long as the directory is ours. */
const FINISH_PAUSES_MS: readonly number[] = Array<number>(7).fill(1_000);

/**
 * Deletes the results that have expired. A directory that is not there is no error. Resolves with what this run did, its
 * earlier attempts included.
 *
 * @throws ServiceError `JOB_RUNNING` while another run has the directory, `LEDGER_UNAVAILABLE`; a plain error where the
 * directory is refused or does not answer; the signal's reason where it was asked to stop.
 */
export async function cleanResults(
  deps: ResultsDeps,
  run: ResultsRun,
  context: PassContext,
): Promise<ResultsCleanup> {
  const resolved = await resolveDirectory(deps.settings.directory, deps.settings.guarded);
  if (resolved.kind !== 'directory') throw new Error(resolved.reason);
  const directory = resolved.path;
  if (run.dryRun) {
    const begin = performance.now();
    const counts = await clean(deps, { directory, dryRun: true, ...context, began: () => undefined });
    return told(deps, toResult(counts, { ms: performance.now() - begin, dryRun: true }));
  }
  const beginning = await beginResultsRun(deps.ledger, {
    ...{ directory, configured: deps.settings.directory },
    ...{ runId: run.runId, silentMs: SILENT_MS },
  });
  if (beginning.kind === 'busy') throw new ServiceError('JOB_RUNNING');
  if (beginning.kind === 'ended') {
    deps.onRepeat?.();
    return beginning.result as ResultsCleanup;
  }
  const attempt = { directory, token: beginning.token };
  const result = await runAttempt(deps, { attempt, before: beginning.before, runId: run.runId }, context);
  return told(deps, result);
}

function told(deps: ResultsDeps, result: ResultsCleanup): ResultsCleanup {
  tellOfCleanup(deps.log, result);
  return result;
}

interface Cleaning extends PassContext {
  readonly directory: string;
  readonly dryRun: boolean;
  readonly began: (counts: () => Counts) => void;
}

async function clean(deps: ResultsDeps, { directory, dryRun, signal, began }: Cleaning): Promise<Counts> {
  const { leftoverMs } = deps.settings;
  const task = { root: toBytes(directory), dryRun, leftoverMs, pinned: canPin() };
  const note = noteTeller(deps.log);
  const cache = deps.codeCache === undefined ? {} : { codeCache: deps.codeCache };
  const counts = await (deps.clean ?? cleanDirectory)(task, { signal, note, began, ...cache });
  if (dryRun) signal.throwIfAborted();
  return counts;
}

interface Attempt {
  readonly attempt: ResultsAttempt;
  readonly before: ResultsProgress;
  readonly runId: string;
}

async function runAttempt(
  deps: ResultsDeps,
  { attempt, before, runId }: Attempt,
  context: PassContext,
): Promise<ResultsCleanup> {
  const begin = performance.now();
  let counts: () => Counts = noCounts;
  const progress = (): ResultsProgress => ({
    deleted: before.deleted + counts().deleted,
    freedBytes: before.freedBytes + counts().freedBytes,
    leftovers: before.leftovers + counts().leftovers,
    ms: before.ms + performance.now() - begin,
  });
  const pulse = keepPulse(deps, attempt, { progress, context });
  const signal = AbortSignal.any([context.signal, pulse.lost]);
  try {
    const done = await clean(deps, {
      ...{ directory: attempt.directory, dryRun: false, signal, heartbeat: context.heartbeat },
      began: (read) => {
        counts = read;
      },
    });
    counts = () => done;
    signal.throwIfAborted();
  } catch (error) {
    await pulse.end();
    await leaveResultsRun(deps.ledger, attempt, progress()).catch(() => undefined);
    throw error;
  }
  await pulse.end();
  const { deleted, freedBytes, leftovers, ms } = progress();
  const { checked, errors } = counts();
  const all = { checked: checked + before.deleted, deleted, freedBytes, errors, leftovers };
  return finish(deps, { attempt, before, runId }, toResult(all, { ms, dryRun: false }));
}

function finish(
  { ledger }: ResultsDeps,
  { attempt, runId }: Attempt,
  result: ResultsCleanup,
): Promise<ResultsCleanup> {
  return againWhileAway(async () => {
    if (await finishResultsRun(ledger, attempt, result)) return result;
    // An answer that was lost on the way looks like this, too.
    const ended = await endedResultsRun(ledger, attempt.directory, runId);
    if (ended === undefined) throw new ServiceError('JOB_RUNNING');
    return ended as ResultsCleanup;
  }, FINISH_PAUSES_MS);
}

function toResult(
  counts: Counts,
  { ms, dryRun }: { readonly ms: number; readonly dryRun: boolean },
): ResultsCleanup {
  return {
    deleted_count: counts.deleted,
    freed_bytes: counts.freedBytes,
    checked_count: counts.checked,
    errors: counts.errors,
    duration_ms: Math.round(ms * 10) / 10,
    leftovers_deleted: counts.leftovers,
    dry_run: dryRun,
  };
}
