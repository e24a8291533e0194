import { MessageChannel, Worker, type MessagePort, type TransferListItem } from 'node:worker_threads';
import { createBoard, readBoard, stop, type Board } from './board.ts';
import type { Counts } from './counts.ts';
import type { Role } from './messages.ts';
import type { Note, Task } from './pass.ts';
import { counted, wasCutOff } from '../thread/threads-running.ts';

/**
 * One helps from the start. More come, one after the other, while files are waited for: eight wait for a disk three times
 * as fast as one. Files that are in memory keep the processors busy as it is.
 */
const MOST_HELPERS = 7;
const LOOK_EVERY_MS = 100;
/** Of this whole process, which waits now and then for other reasons as well. */
const FEWEST_WAITS = 8;
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
  counted(worker);
  worker.on('message', note);
  const end = ended(crew, worker);
  // Heard of in its turn, when all of them have ended.
  end.catch(() => undefined);
  crew.threads.push(end);
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
    if (wasCutOff(worker)) reject(new Error('the thread was cut off'));
    else resolve();
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

function startHelper(crew: Crew, index: number, groups: MessagePort): void {
  const { task, board } = crew;
  start(crew, { kind: 'helper', task, board, index, groups });
}

/** How often a thread of this process had to wait so far, and for how many files. */
function waits(board: Board): { readonly waited: number; readonly files: number } {
  return { waited: process.resourceUsage().voluntaryContextSwitches, files: readBoard(board).checked };
}

/** Starts helpers as they are of use, until the function is called that this returns. */
function watch(crew: Crew, groups: readonly MessagePort[]): () => void {
  let helpers = 0;
  const add = (): void => {
    const port = groups[helpers];
    try {
      if (port !== undefined) startHelper(crew, helpers, port);
      helpers += 1;
    } catch {
      helpers = groups.length; // The machine has no more threads for us: the pass goes on with those it has.
    }
  };
  add();
  let before = waits(crew.board);
  const timer = setInterval(() => {
    const now = waits(crew.board);
    const waited = now.waited - before.waited;
    if (before.files > 0 && waited >= Math.max(FEWEST_WAITS, now.files - before.files)) add();
    before = now;
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}

/**
 * Cleans a directory in threads of its own: the file system's calls are much cheaper made synchronously, and the event
 * loop of this one stays free. One thread walks; where there is much to do, others take groups of files from it.
 */
export const cleanDirectory: Clean = async (task, options) => {
  // With leftovers every directory has to be judged when it is done: one thread does it all.
  const most = task.leftoverMs > 0 ? 0 : MOST_HELPERS;
  const channels = Array.from({ length: most }, () => new MessageChannel());
  const board = createBoard(most);
  const crew: Crew = { task, options, board, threads: [] };
  options.began?.(() => readBoard(board));
  const helpers = channels.map(({ port1 }) => port1);
  const groups = channels.map(({ port2 }) => port2);
  start(crew, { kind: 'walker', task, board, helpers });
  const unwatch = watch(crew, groups);
  try {
    await crew.threads[0];
    unwatch();
    await Promise.all(crew.threads);
  } finally {
    unwatch();
    for (const port of groups) port.close();
    await Promise.allSettled(crew.threads);
  }
  return readBoard(board);
};
