import type { Attachment, BatchRecord, Change, FileRecord, StoreRecord } from './records.ts';

/** Deleted ids remembered as cursors: a listing goes on although its last seen object was deleted meanwhile. */
const MAX_REMEMBERED_CURSORS = 100_000;

/** All objects, in memory. */
export interface Memory {
  readonly stores: Map<string, StoreRecord>;
  readonly files: Map<string, FileRecord>;
  readonly batches: Map<string, BatchRecord>;
  /** By store id, then by file id, in the order of attaching. */
  readonly attached: Map<string, Map<string, Attachment>>;
  /** Stores by file id. */
  readonly holders: Map<string, Set<string>>;
  /** Place in the order of creation of what is deleted. */
  readonly gone: Map<string, number>;
  /** Highest place given so far. */
  last: number;
}

export function emptyMemory(): Memory {
  return {
    stores: new Map(),
    files: new Map(),
    batches: new Map(),
    attached: new Map(),
    holders: new Map(),
    gone: new Map(),
    last: 0,
  };
}

function remember(memory: Memory, record: { readonly id: string; readonly n: number } | undefined): void {
  if (record === undefined) return;
  memory.gone.set(record.id, record.n);
  const oldest = memory.gone.size > MAX_REMEMBERED_CURSORS ? memory.gone.keys().next().value : undefined;
  if (oldest !== undefined) memory.gone.delete(oldest);
}

function attach(memory: Memory, value: Attachment): void {
  const files = memory.attached.get(value.store) ?? new Map<string, Attachment>();
  memory.attached.set(value.store, files.set(value.file, value));
  const stores = memory.holders.get(value.file) ?? new Set<string>();
  memory.holders.set(value.file, stores.add(value.store));
}

function detach(memory: Memory, store: string, file: string): void {
  memory.attached.get(store)?.delete(file);
  memory.holders.get(file)?.delete(store);
}

function dropStore(memory: Memory, id: string): void {
  remember(memory, memory.stores.get(id));
  memory.stores.delete(id);
  for (const file of memory.attached.get(id)?.keys() ?? []) memory.holders.get(file)?.delete(id);
  memory.attached.delete(id);
}

function dropFile(memory: Memory, id: string): void {
  remember(memory, memory.files.get(id));
  memory.files.delete(id);
  for (const store of memory.holders.get(id) ?? []) memory.attached.get(store)?.delete(id);
  memory.holders.delete(id);
}

/** Carries out one change; the same for a new one and for one read back from the log. */
export function applyChange(memory: Memory, change: Change): void {
  if ('drop' in change) {
    if (change.drop === 'store') dropStore(memory, change.id);
    else if (change.drop === 'file') dropFile(memory, change.id);
    else detach(memory, change.store, change.file);
    return;
  }
  memory.last = Math.max(memory.last, change.value.n);
  if (change.put === 'store') memory.stores.set(change.value.id, change.value);
  else if (change.put === 'file') memory.files.set(change.value.id, change.value);
  else if (change.put === 'batch') memory.batches.set(change.value.id, change.value);
  else attach(memory, change.value);
}

/** The fewest changes that lead to the same memory. */
export function* changesOf(memory: Memory): Iterable<Change> {
  for (const value of memory.stores.values()) yield { put: 'store', value };
  for (const value of memory.files.values()) yield { put: 'file', value };
  for (const value of memory.batches.values()) {
    if (memory.stores.has(value.store)) yield { put: 'batch', value };
  }
  for (const files of memory.attached.values()) {
    for (const value of files.values()) yield { put: 'attachment', value };
  }
}
