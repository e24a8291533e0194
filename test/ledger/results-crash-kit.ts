import type { Part } from '../../dev/processes/part.ts';
import { startProgram, kill9 } from '../support/parts.ts';
import { scrubbedEnv } from '../support/scrub.ts';
import { GiveUpError, until } from '../support/until.ts';
import type { Step } from '../../maintenance/results/pass.ts';

/** Where a child stands still: before the nth step of a kind, or at a moment of the run around them. */
export interface Hold {
  readonly at: Step | 'begun' | 'cleaned' | 'beating' | 'answered' | 'nowhere';
  readonly nth?: number;
  /** A file: once it is there the child goes on. */
  readonly go?: string;
}

export interface HeldRun {
  readonly databaseUrl: string;
  readonly root: string;
  readonly runId: string;
}

/** Starts a run in a process of its own. */
export const startRun = (run: HeldRun, hold: Hold): Promise<Part> =>
  startProgram({
    name: 'results-child',
    script: 'test/ledger/results-child.ts',
    args: [JSON.stringify({ ...run, ...hold })],
    env: scrubbedEnv(),
  });

/** The first line of a child that is one of those wanted. */
export const said = (child: Part, isWanted: (line: string) => boolean): Promise<string> =>
  until(
    () => {
      const line = child.logTail().split('\n').find(isWanted);
      if (line === undefined && child.hasEnded()) throw new GiveUpError(child.logTail());
      return line;
    },
    { describe: 'the child stands still, or is done', everyMs: 10, deadlineMs: 30_000 },
  );

/**
 * Runs it in a process of its own, and kills that where it stands still, once `before` has resolved; false where the run
 * has no such moment.
 */
export async function killedAt(
  run: HeldRun,
  hold: Hold,
  before: () => Promise<unknown> = () => Promise.resolve(),
): Promise<boolean> {
  const child = await startRun(run, hold);
  const line = await said(child, (text) => text === 'held' || text === 'ran through');
  await before();
  await kill9(child);
  return line === 'held';
}
