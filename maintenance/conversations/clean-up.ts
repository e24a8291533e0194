import { createHash } from 'node:crypto';
import { ServiceError } from '../../domain/errors.ts';
import { safeErrorText } from '../../domain/redact.ts';
import { isRetentionDays } from '../../domain/retention-days.ts';
import type { CleanupTally, Named } from './clean-threads.ts';
import type { CleanupContext, CleanupResult, CleanupWish, ConversationDeps } from './contract.ts';
import { planCleanup, runCleanup, type CleanupOutcome, type CleanupRun } from './run-cleanup.ts';

/** Of a thread id in an error: an id of the usual kind is shorter. */
const MOST_CHARACTERS = 100;
const HASH_CHARACTERS = 16;

const hashed = (threadId: string) =>
  createHash('sha256').update(threadId).digest('hex').slice(0, HASH_CHARACTERS);

/** Ids for the log, which may go where conversations may not. */
const forLog = ({ count, ids }: Named) => ({ count, threads: ids.map(hashed) });

function errorsOf({ count, ids }: Named, what: string): readonly string[] {
  const named = ids.map((id) => `Thread ${JSON.stringify(id.slice(0, MOST_CHARACTERS))}: ${what}`);
  const more = count - ids.length;
  return more > 0 ? [...named, `${more} more threads: ${what}`] : named;
}

const UNDATED = 'age not decodable, counted as active';
const TOO_SLOW = 'takes too long to look at or to remove, kept';

function rebuiltErrors({ count }: Named): readonly string[] {
  return count === 0 ? [] : [`${count} threads use a DeltaChannel: keep_latest leaves them whole`];
}

function logTally(deps: ConversationDeps, run: CleanupRun, tally: CleanupTally): void {
  const { threads, checkpoints, pastRetention, keptByName, undated, awake, rebuilt, tooSlow } = tally;
  deps.log.info({
    event: 'session_cleanup_analysis',
    ...{ threads, checkpoints, past_retention: pastRetention, kept_by_name: keptByName },
    ...{ undated: forLog(undated), woke_up: forLog(awake), delta_channel: forLog(rebuilt) },
    too_slow: forLog(tooSlow),
    ...{ retention_days: run.retentionDays, cutoff: new Date(run.cutMs).toISOString() },
  });
}

function resultOf(outcome: CleanupOutcome, { progress, dryRun }: CleanupRun): CleanupResult {
  const rest = { sessions_remaining: 0, dry_run: dryRun };
  switch (outcome.kind) {
    case 'skipped':
      return { ...progress, errors: [], ...rest };
    case 'unexpected':
      return { ...progress, errors: ['Unexpected checkpoints table schema'], ...rest };
    case 'failed':
      return { ...outcome.removed, errors: ['Database error'], ...rest };
    case 'done': {
      const { removed, threads, undated, rebuilt, tooSlow } = outcome.tally;
      // Those of an earlier attempt are not among the threads that this one has seen.
      const deletedNow = removed.sessions_deleted - progress.sessions_deleted;
      const errors = [
        ...errorsOf(undated, UNDATED),
        ...errorsOf(tooSlow, TOO_SLOW),
        ...rebuiltErrors(rebuilt),
      ];
      return { ...removed, errors, sessions_remaining: threads - deletedNow, dry_run: dryRun };
    }
  }
}

/**
 * Removes the threads past retention from the database in which LangGraph keeps conversations. What the database
 * refuses is in `errors`, with the details in the log only. Rejects when aborted, and with `REQUEST_INVALID` for a
 * retention that is none.
 */
export async function cleanUpConversations(
  deps: ConversationDeps,
  wish: CleanupWish,
  context: CleanupContext,
): Promise<CleanupResult> {
  const run = planCleanup(deps, wish);
  if (!isRetentionDays(run.retentionDays)) {
    throw new ServiceError('REQUEST_INVALID', { detail: 'retention_days must be a whole number from 1' });
  }
  const outcome = await runCleanup(deps, run, context);
  const result = resultOf(outcome, run);
  const { log } = deps;
  if (outcome.kind === 'skipped') log.info({ event: 'session_cleanup_skipped', reason: outcome.reason });
  if (outcome.kind === 'unexpected') log.error({ event: 'session_cleanup_failed', reason: outcome.detail });
  if (outcome.kind === 'failed') {
    log.error({ event: 'session_cleanup_failed', reason: safeErrorText(outcome.error.message) });
  }
  if (outcome.kind === 'done') {
    logTally(deps, run, outcome.tally);
    const { errors, ...numbers } = result;
    log.info({ event: 'session_cleanup_completed', ...numbers, errors: errors.length });
  }
  return result;
}
