import type { PassContext } from '../../deletion/pass-context.ts';
import type { FileDeps } from '../deps.ts';

/** What the life after an upload works with. */
export type UpkeepDeps = Pick<FileDeps, 'ledger' | 'accounts' | 'settings' | 'meter' | 'log'>;

/** A pass of the upkeep. */
export interface UpkeepPass extends PassContext {
  /** Monotonic milliseconds after which nothing is begun. */
  readonly endsAt: number;
  readonly told: Told;
}

/** What a pass has to tell in the end. */
export interface Told {
  filesDeleted: number;
  bytesFreed: number;
  readonly errors: Set<string>;
}

/** Sentences of one pass; whoever wants to know more reads the list of what is stuck. */
const MAX_ERRORS = 100;

/** Notes a sentence, which has to be safe to be shown. */
export function tellError({ errors }: Told, sentence: string): void {
  if (errors.size < MAX_ERRORS) errors.add(sentence);
}
