import { randomUUID } from 'node:crypto';
import { openChangeLog } from './change-log.ts';
import { openContents, type Contents } from './contents.ts';
import { openHiding, type Hiding } from './hiding.ts';
import { applyChange, changesOf, emptyMemory } from './memory.ts';
import type { Attachment, BatchRecord, Change, FileRecord, StoreRecord } from './records.ts';

/** The provider's side of the world: what exists, and the one way to change it. */
export interface World {
  readonly stores: ReadonlyMap<string, StoreRecord>;
  readonly files: ReadonlyMap<string, FileRecord>;
  readonly batches: ReadonlyMap<string, BatchRecord>;
  readonly hiding: Hiding;
  readonly contents: Contents;
  /** Files of a store, by file id, in the order of attaching. */
  readonly attachments: (storeId: string) => ReadonlyMap<string, Attachment>;
  /** Place of an id in the order of creation, also when it is deleted. */
  readonly position: (id: string) => number | undefined;
  /** The next place in that order. */
  readonly next: () => number;
  readonly newId: (prefix: string) => string;
  /** Takes effect, durably, before it returns. */
  readonly commit: (change: Change) => void;
  readonly close: () => void;
}

const NO_FILES: ReadonlyMap<string, Attachment> = new Map();

/** Opens the state, in memory only or backed by a file. */
export function openWorld(stateFile: string | undefined): World {
  const memory = emptyMemory();
  const { stores, files, batches, attached, gone } = memory;
  const apply = (change: Change) => applyChange(memory, change);
  const log = stateFile === undefined ? undefined : openChangeLog(stateFile, apply, () => changesOf(memory));
  const contents = openContents(stateFile === undefined ? undefined : `${stateFile}.contents`);
  contents.keepOnly(new Set(files.keys()));
  return {
    stores,
    files,
    batches,
    hiding: openHiding(),
    contents,
    attachments: (storeId) => attached.get(storeId) ?? NO_FILES,
    position: (id) => stores.get(id)?.n ?? files.get(id)?.n ?? gone.get(id),
    next: () => (memory.last += 1),
    newId: (prefix) => prefix + randomUUID().replaceAll('-', ''),
    commit: (change) => {
      log?.append(change);
      apply(change);
      if ('drop' in change && change.drop === 'file') contents.drop(change.id);
    },
    close: () => {
      log?.close();
      contents.close();
    },
  };
}
