import { availableParallelism } from 'node:os';
import { MessageChannel, Worker, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { createBoard, readBoard, stop, type Board } from './board.ts';
import type { Counts } from './counts.ts';
import type { Role } from './messages.ts';
import type { Note, Task } from './pass.ts';

/**
 * When each helper starts, in milliseconds after the walking thread. Ten thousand files that are in memory are done before
 * the second one; files on a disk that are waited for are waited for by several at once.
 */
const HELPER_DELAYS_MS = [0, 500, 1_000];
/** A thread whose call to the file system never returns is left behind. */
const STOP_MS = 5_000;
/** Of each thread; a file of the largest size that is read takes less than half. */
const HEAP_MIB = 128;
const YOUNG_HEAP_MIB = 8;
const THREAD = new URL('./thread.ts', import.meta.url);

export interface CleanOptions {
  readonly signal: AbortSignal;
  readonly note: (note: Note) => void;
  /** Where Node keeps compiled code; without it a thread takes twice as long to start. */
  readonly codeCache?: string;
  /** Told once, with the function that tells the counts so far. */
  readonly began?: (counts: () => Counts) => void;
}

/** Cleans one directory; the counts stand for what was done also where the signal ended it before its end. */
export type Clean = (task: Task, options: CleanOptions) => Promise<Counts>;

interface Crew {
  readonly task: Task;
  readonly options: CleanOptions;
  readonly board: Board;
  readonly threads: Promise<void>[];
}

/** Starts a thread; resolves once it has ended. */
function start(crew: Crew, role: Role): void {
  const { codeCache, note } = crew.options;
  const ports = role.kind === 'walker' ? role.helpers : [role.groups];
  const worker = new Worker(THREAD, {
    workerData: role,
    transferList: [...ports] as TransferListItem[],
    // Nothing there is to be read from the environment.
    env: codeCache === undefined ? {} : { NODE_COMPILE_CACHE: codeCache },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB, maxYoungGenerationSizeMb: YOUNG_HEAP_MIB },
  });
  worker.on('message', note);
  crew.threads.push(ended(crew, worker));
}

async function ended({ board, options }: Crew, worker: Worker): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const onAbort = (): void => {
    stop(board);
    timer = setTimeout(() => {
      worker.unref();
      resolve();
      void worker.terminate();
    }, STOP_MS);
  };
  worker.once('exit', () => {
    resolve();
  });
  worker.once('error', (error) => {
    stop(board);
    reject(error);
  });
  options.signal.addEventListener('abort', onAbort, { once: true });
  if (options.signal.aborted) onAbort();
  try {
    await promise;
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', onAbort);
  }
}

function startHelpers(crew: Crew, groups: readonly MessagePort[]): NodeJS.Timeout[] {
  return groups.map((port, index) =>
    setTimeout(() => {
      const { task, board } = crew;
      start(crew, { kind: 'helper', task, board, index, groups: port });
    }, HELPER_DELAYS_MS[index]),
  );
}

/**
 * Cleans a directory in threads of its own: the file system's calls are much cheaper made synchronously, and the event
 * loop of this one stays free. One thread walks; where there is much to do, others take groups of files from it.
 */
export const cleanDirectory: Clean = async (task, options) => {
  const most = Math.min(HELPER_DELAYS_MS.length, 2 * availableParallelism() - 1);
  const channels = Array.from({ length: most }, () => new MessageChannel());
  const board = createBoard(most);
  const crew: Crew = { task, options, board, threads: [] };
  options.began?.(() => readBoard(board));
  const helpers = channels.map(({ port1 }) => port1);
  const groups = channels.map(({ port2 }) => port2);
  start(crew, { kind: 'walker', task, board, helpers });
  const timers = task.leftoverMs > 0 ? [] : startHelpers(crew, groups);
  try {
    await crew.threads[0];
    for (const timer of timers) clearTimeout(timer);
    await Promise.all(crew.threads);
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const port of groups) port.close();
    await Promise.allSettled(crew.threads);
  }
  return readBoard(board);
};
