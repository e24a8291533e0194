import { randomUUID } from 'node:crypto';
import { openChangeLog, type ChangeLog } from './change-log.ts';
import type { Attachment, BatchRecord, Change, FileRecord, StoreRecord } from './records.ts';

/** Deleted ids remembered as cursors: a listing goes on although its last seen object was deleted meanwhile. */
const MAX_REMEMBERED_CURSORS = 100_000;

/** When an object becomes visible to calls other than the one that made it. */
interface Hiding {
  readonly untilMs: number | null;
  callsLeft: number;
}

export interface World {
  readonly stores: ReadonlyMap<string, StoreRecord>;
  readonly files: ReadonlyMap<string, FileRecord>;
  readonly batches: ReadonlyMap<string, BatchRecord>;
  /** Files of a store, by file id, in the order of attaching. */
  attachments(storeId: string): ReadonlyMap<string, Attachment>;
  /** Stores that hold a file. */
  holders(fileId: string): readonly string[];
  /** Place of an id in the order of creation, also when it is deleted. */
  position(id: string): number | undefined;
  next(): number;
  newId(prefix: string): string;
  commit(change: Change): void;
  hide(id: string, hiding: { untilMs: number | null; calls: number }): void;
  /** Whether the object is still hidden; counts as one of the calls it waits for. */
  meetHidden(id: string): boolean;
  close(): void;
}

/** Opens the state, in memory only or backed by a file. */
export function openWorld(stateFile: string | undefined): World {
  const stores = new Map<string, StoreRecord>();
  const files = new Map<string, FileRecord>();
  const batches = new Map<string, BatchRecord>();
  const attached = new Map<string, Map<string, Attachment>>();
  const holdersOf = new Map<string, Set<string>>();
  const gone = new Map<string, number>();
  const hidden = new Map<string, Hiding>();
  const nothing: ReadonlyMap<string, Attachment> = new Map();
  let counter = 0;
  let log: ChangeLog | undefined;

  const remember = (id: string, n: number | undefined): void => {
    if (n === undefined) return;
    gone.set(id, n);
    const oldest = gone.size > MAX_REMEMBERED_CURSORS ? gone.keys().next().value : undefined;
    if (oldest !== undefined) gone.delete(oldest);
  };
  const detach = (store: string, file: string): void => {
    attached.get(store)?.delete(file);
    holdersOf.get(file)?.delete(store);
  };
  const attach = (value: Attachment): void => {
    attached.set(
      value.store,
      (attached.get(value.store) ?? new Map<string, Attachment>()).set(value.file, value),
    );
    holdersOf.set(value.file, (holdersOf.get(value.file) ?? new Set<string>()).add(value.store));
  };
  const dropStore = (id: string): void => {
    remember(id, stores.get(id)?.n);
    stores.delete(id);
    hidden.delete(id);
    for (const file of attached.get(id)?.keys() ?? []) holdersOf.get(file)?.delete(id);
    attached.delete(id);
  };
  const dropFile = (id: string): void => {
    remember(id, files.get(id)?.n);
    files.delete(id);
    hidden.delete(id);
    for (const store of holdersOf.get(id) ?? []) attached.get(store)?.delete(id);
    holdersOf.delete(id);
  };
  const apply = (change: Change): void => {
    if ('put' in change) {
      counter = Math.max(counter, change.value.n);
      if (change.put === 'store') stores.set(change.value.id, change.value);
      else if (change.put === 'file') files.set(change.value.id, change.value);
      else if (change.put === 'batch') batches.set(change.value.id, change.value);
      else attach(change.value);
    } else if (change.drop === 'store') dropStore(change.id);
    else if (change.drop === 'file') dropFile(change.id);
    else detach(change.store, change.file);
  };
  function* compact(): Iterable<Change> {
    for (const value of stores.values()) yield { put: 'store', value };
    for (const value of files.values()) yield { put: 'file', value };
    for (const value of batches.values()) if (stores.has(value.store)) yield { put: 'batch', value };
    for (const one of attached.values()) for (const value of one.values()) yield { put: 'attachment', value };
  }
  const meetHidden = (id: string): boolean => {
    const hiding = hidden.get(id);
    if (hiding === undefined) return false;
    const stillHidden = hiding.untilMs === null ? hiding.callsLeft > 0 : Date.now() < hiding.untilMs;
    hiding.callsLeft -= 1;
    if (!stillHidden) hidden.delete(id);
    return stillHidden;
  };

  if (stateFile !== undefined) log = openChangeLog(stateFile, apply, compact);
  return {
    stores,
    files,
    batches,
    attachments: (storeId) => attached.get(storeId) ?? nothing,
    holders: (fileId) => [...(holdersOf.get(fileId) ?? [])],
    position: (id) => stores.get(id)?.n ?? files.get(id)?.n ?? gone.get(id),
    next: () => (counter += 1),
    newId: (prefix) => prefix + randomUUID().replaceAll('-', ''),
    commit: (change) => {
      log?.append(change);
      apply(change);
    },
    hide: (id, { untilMs, calls }) => void hidden.set(id, { untilMs, callsLeft: calls }),
    meetHidden,
    close: () => log?.close(),
  };
}
