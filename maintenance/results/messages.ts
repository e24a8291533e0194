/** What the threads of a pass tell one another. */
import type { MessagePort } from 'node:worker_threads';
import type { Board } from './board.ts';
import type { Task } from './pass.ts';

/** A group of results for a helper; null = there are no more. */
export type Group = { readonly directory: string; readonly results: readonly string[] } | null;

/** What a thread is started with. */
export type Role =
  | {
      readonly kind: 'walker';
      readonly task: Task;
      readonly board: Board;
      readonly helpers: readonly MessagePort[];
    }
  | {
      readonly kind: 'helper';
      readonly task: Task;
      readonly board: Board;
      /** Its place on the board. */
      readonly index: number;
      readonly groups: MessagePort;
    };
