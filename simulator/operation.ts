import { TAG_LEASE } from '../domain/store-tags.ts';
import { badRequest, notFound, type ApiError } from './api-error.ts';
import type { Fault, Operation, SimulatorConfig } from './contract.ts';
import { providerOf, type Flavour } from './flavour.ts';
import type { Changed } from './journal.ts';
import type { ReceivedForm } from './receive-form.ts';
import type { FileRecord, StoreRecord } from './records.ts';
import { isObject, type JsonObject } from './validate.ts';
import type { World } from './world.ts';

/** One provider call, as the functions that carry it out see it. */
export interface OperationCall {
  readonly operation: Operation;
  readonly flavour: Flavour;
  readonly world: World;
  readonly config: SimulatorConfig;
  /** What the key owns at this provider: what it makes belongs to it. */
  readonly account: string;
  /** Ids of the path, in order. */
  readonly ids: readonly string[];
  readonly query: URLSearchParams;
  readonly body: Buffer;
  /** Of an upload; or why there is none. */
  readonly form: ReceivedForm | ApiError | undefined;
  /** The fault that the call met, for those that change what it does. */
  readonly fault: Fault | undefined;
  /** Enters the effect into the journal, at the moment it takes place. */
  readonly note: (changed: Changed) => void;
}

/** Answer of an operation: a JSON value, or for a file's content its bytes, or the path of the file that holds them. */
export type OperationAnswer = object | Buffer | string;

export function nowSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

export function jsonBody(call: Pick<OperationCall, 'body'>): JsonObject {
  if (call.body.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(call.body.toString('utf8'));
  } catch {
    throw badRequest('We could not parse the JSON body of your request.');
  }
  if (!isObject(value)) throw badRequest('Invalid body: expected a JSON object.');
  return value;
}

/** The id at the given place of the path; the router guarantees it. */
export function idAt(call: OperationCall, place: number): string {
  return call.ids[place] ?? '';
}

export function owns(call: OperationCall, record: { readonly account: string }): boolean {
  if (record.account === call.account) return true;
  return call.config.share_accounts && providerOf(record.account) === call.flavour.name;
}

/** The store of the path; 404 also for another account's and for one that has not appeared yet. */
export function storeOf(call: OperationCall): StoreRecord {
  const id = idAt(call, 0);
  const store = call.world.stores.get(id);
  if (store === undefined || !owns(call, store) || call.world.hiding.meet(id)) {
    throw notFound(`No vector store found with id '${id}'.`);
  }
  return store;
}

/** A file by id, with the same rules. */
export function fileOf(call: OperationCall, id: string): FileRecord {
  const file = call.world.files.get(id);
  if (file === undefined || !owns(call, file) || call.world.hiding.meet(id)) {
    throw notFound(`No such File object: ${id}`);
  }
  return file;
}

export function leaseTag(store: Pick<StoreRecord, 'metadata'>): string | null {
  return store.metadata[TAG_LEASE] ?? null;
}

/** Makes what was just created appear late, where the fault says so. */
export function hideNew(call: OperationCall, id: string): void {
  const { fault } = call;
  if (fault?.kind !== 'appear_late') return;
  call.world.hiding.hide(id, {
    untilMs: fault.ms === undefined ? null : Date.now() + fault.ms,
    calls: fault.after_calls ?? 0,
  });
}

/** The answer of a deletion, and whether it really takes place. */
export function deletion(call: OperationCall, id: string, object: string) {
  const { fault } = call;
  const real = fault?.kind !== 'delete_noop';
  return {
    real,
    answer: { id, object, deleted: fault?.kind === 'delete_noop' ? (fault.deleted ?? true) : true },
  };
}

/** The listing's query and page, bent by `empty_list` or `repeat_cursor`. */
export function listQuery(call: OperationCall): URLSearchParams {
  if (call.fault?.kind !== 'repeat_cursor') return call.query;
  const query = new URLSearchParams(call.query);
  query.delete('after');
  return query;
}
