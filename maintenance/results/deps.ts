import type { Logger } from 'pino';
import type { Ledger } from '../../ledger/index.ts';
import type { Guarded } from '../directories.ts';
import type { Clean } from './clean.ts';

export interface ResultsSettings {
  /** `RESULTS_DIR` as it was written. */
  readonly directory: string;
  readonly guarded: Guarded;
  /** `RESULTS_LEFTOVER_HOURS` in milliseconds; 0 = leftovers are kept. */
  readonly leftoverMs: number;
}

/** What a run works with. */
export interface ResultsDeps {
  readonly ledger: Ledger;
  readonly log: Logger;
  readonly settings: ResultsSettings;
  /** Told where the run has ended in an earlier attempt, whose result is answered again. */
  readonly onRepeat?: () => void;
  /** Where Node may keep compiled code; threads start in half the time with it. */
  readonly codeCache?: string;
  /** How a directory is cleaned: `cleanDirectory`, in threads, unless a test says otherwise. */
  readonly clean?: Clean;
}
