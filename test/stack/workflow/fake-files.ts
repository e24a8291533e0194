/** The files of the fake ledger: what their activities answer, and a journal. */
import type { FileActivities, FileRunReport, UpkeepOutcome } from '../../../activities/contract.ts';

export interface FakeFiles {
  /** What the next passes of the upkeep answer; one after the last that is given finds nothing to do. */
  readonly passes: (UpkeepOutcome | Error)[];
  /** Files nobody has tried to delete yet, as the next looks tell; 0 after the last. */
  readonly untried: number[];
  /** Runs while a pass is under way. */
  duringPass: () => void | Promise<void>;
  readonly finished: FileRunReport[];
}

export const NOTHING_LEFT: UpkeepOutcome = { filesDeleted: 0, bytesFreed: 0, errors: [], waitMs: null };
export const STARTED_AT = '2026-01-01 00:00:00+00';

export function createFakeFiles(): FakeFiles {
  return { passes: [], untried: [], duringPass: () => undefined, finished: [] };
}

type Note = (what: string, about: string, rest?: string) => Promise<void>;

export function fileActivities(files: () => FakeFiles, note: Note): FileActivities {
  return {
    markFiles: async ({ kind, dryRun }) => {
      await note('markFiles', kind, dryRun ? 'dry' : '');
      return { startedAt: STARTED_AT, uploads: 3, bytes: 30 };
    },
    upkeepFiles: async () => {
      await note('upkeepFiles', 'all');
      await files().duringPass();
      const next = files().passes.shift() ?? NOTHING_LEFT;
      if (next instanceof Error) throw next;
      return next;
    },
    fileRunProgress: async ({ startedAt }) => {
      await note('fileRunProgress', startedAt);
      return { filesDeleted: 2, bytesFreed: 20, untried: files().untried.shift() ?? 0 };
    },
    finishFileRun: async ({ kind }, report) => {
      await note('finishFileRun', kind);
      files().finished.push(report);
    },
  };
}
