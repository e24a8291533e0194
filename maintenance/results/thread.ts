/** The entry of every thread of a pass. All calls to the file system here are synchronous: nobody else waits for them. */
import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { give, handOn, isStopped, take, type Board } from './board.ts';
import { noCounts } from './counts.ts';
import type { Group, Role } from './messages.ts';
import type { Note, Pass, Task } from './pass.ts';
import { closePlace, openAlong, type Place } from '../place.ts';
import { cleanGroup, opened, walkTree, type Offer } from './walk.ts';

/** Groups that may wait for one helper: it never has to wait for the next, and few are left to it at the end. */
const GROUPS_AHEAD = 3;
/** Notes of one kind that a thread passes on: what is wrong with many files is wrong with each for the same reason. */
const MOST_NOTES = 20;

function createPass(task: Task, board: Board): Pass {
  const told = new Map<Note['kind'], number>();
  return {
    task,
    counts: noCounts(),
    stopped: () => isStopped(board),
    note: (note) => {
      const before = told.get(note.kind) ?? 0;
      told.set(note.kind, before + 1);
      if (before < MOST_NOTES) parentPort?.postMessage(note);
    },
  };
}

/** Deals groups out to the helpers that have room. */
function dealer(board: Board, pass: Pass, helpers: readonly MessagePort[]): Offer {
  return (directory, results) => {
    handOn(board, pass.counts);
    const free = helpers.findIndex((_port, index) => take(board, index));
    const group: Group = { directory, results };
    helpers[free]?.postMessage(group);
    return free !== -1;
  };
}

function runWalker({ task, board, helpers }: Extract<Role, { kind: 'walker' }>): void {
  const pass = createPass(task, board);
  walkTree(helpers.length === 0 ? { pass } : { pass, offer: dealer(board, pass, helpers) });
  handOn(board, pass.counts);
  const end: Group = null;
  for (const port of helpers) port.postMessage(end);
}

function runHelper({ task, board, index, groups }: Extract<Role, { kind: 'helper' }>): void {
  const pass = createPass(task, board);
  let place: Place | undefined;
  groups.on('message', (group: Group) => {
    if (group === null) {
      groups.close();
      return;
    }
    place = moved(pass, place, group.directory);
    if (place !== undefined) cleanGroup(pass, place, group.results);
    handOn(board, pass.counts);
    give(board, index, 1);
  });
  give(board, index, GROUPS_AHEAD);
}

/** The directory of a group, which often is the last one's; undefined where it is gone. */
function moved(pass: Pass, place: Place | undefined, directory: string): Place | undefined {
  if (place?.path === directory) return place;
  if (place !== undefined) closePlace(place);
  return opened(pass, directory, () => openAlong(pass.task.root, directory, pass.task.pinned));
}

const role = workerData as Role;
if (role.kind === 'walker') runWalker(role);
else runHelper(role);
