import { startProgram, kill9 } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { GiveUpError, until } from '../support/until.ts';
import type { Step } from '../../maintenance/results/pass.ts';

/** Where a child stands still: before the nth step of a kind, or at a moment of the run around them. */
export interface Hold {
  readonly at: Step | 'begun' | 'cleaned' | 'beating' | 'answered';
  readonly nth?: number;
}

export interface HeldRun {
  readonly databaseUrl: string;
  readonly root: string;
  readonly runId: string;
}

/**
 * Runs it in a process of its own, and kills that where it stands still, once `before` has resolved; false where the run
 * has no such moment.
 */
export async function killedAt(
  run: HeldRun,
  hold: Hold,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<boolean> {
  const args = [JSON.stringify({ ...run, ...hold })];
  const child = await startProgram({
    name: 'results-child',
    script: 'test/ledger/results-child.ts',
    args,
    env: scrubbedEnv(),
  });
  const said = await until(
    () => {
      const line = child
        .logTail()
        .split('\n')
        .find((text) => text === 'held' || text === 'ran through');
      if (line === undefined && child.hasEnded()) throw new GiveUpError(child.logTail());
      return line;
    },
    { describe: 'the child stands still, or is done', everyMs: 10, deadlineMs: 30_000 },
  );
  await before();
  await kill9(child);
  return said === 'held';
}
