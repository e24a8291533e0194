import type { Config } from '../../config/index.ts';
import type { DataDirectory } from './data-directory.ts';
import type { PartsInOrder } from './parts-in-order.ts';

/** What the steps of a start share. */
export interface StackContext {
  readonly config: Config;
  /** Our own environment with `.env` under it. */
  readonly environment: Readonly<Record<string, string>>;
  readonly data: DataDirectory;
  readonly parts: PartsInOrder;
  /** Progress for the person at the terminal. */
  readonly say: (line: string) => void;
  /** Where api and worker print: our terminal, or files in the data directory. */
  readonly programOutput: 'terminal' | 'files';
}
