import { badRequest, notFound } from './api-error.ts';
import { attach } from './store-files.ts';
import {
  deletion,
  hideNew,
  jsonBody,
  leaseTag,
  listQuery,
  nowSeconds,
  owns,
  storeOf,
  type OperationCall,
} from './operation.ts';
import { listAnswer, paginate, STORE_PAGE } from './paginate.ts';
import type { StoreRecord } from './records.ts';
import { expiresAt, isExpired } from './store-expiry.ts';
import { expiresAfterOf, fileIdsOf, metadataOf, optionalString } from './validate.ts';
import type { World } from './world.ts';

function usageBytes(world: World, storeId: string): number {
  let bytes = 0;
  for (const fileId of world.attachments(storeId).keys()) bytes += world.files.get(fileId)?.bytes ?? 0;
  return bytes;
}

/** A store as the provider sends it. */
export function storeView(world: World, store: StoreRecord) {
  const total = world.attachments(store.id).size;
  return {
    id: store.id,
    object: 'vector_store' as const,
    created_at: store.created_at,
    name: store.name,
    description: store.description,
    usage_bytes: usageBytes(world, store.id),
    file_counts: { in_progress: 0, completed: total, failed: 0, cancelled: 0, total },
    status: isExpired(store) ? ('expired' as const) : ('completed' as const),
    ...(store.expires_after === null ? {} : { expires_after: store.expires_after }),
    expires_at: expiresAt(store),
    last_active_at: store.last_active_at,
    metadata: store.metadata,
  };
}

function refuseOverLimit(call: OperationCall): void {
  const limit = call.config.store_limit;
  if (limit === 0) return;
  let count = 0;
  for (const store of call.world.stores.values()) if (owns(call, store)) count += 1;
  if (count >= limit) {
    throw badRequest(
      `You have reached the limit of ${limit} vector stores.`,
      null,
      'vector_store_limit_exceeded',
    );
  }
}

export function createStore(call: OperationCall) {
  const body = jsonBody(call);
  refuseOverLimit(call);
  const createdAt = nowSeconds();
  const value: StoreRecord = {
    id: call.world.newId('vs_test_'),
    n: call.world.next(),
    account: call.account,
    created_at: createdAt,
    last_active_at: createdAt,
    name: optionalString(body, 'name') ?? '',
    description: optionalString(body, 'description') ?? null,
    metadata: metadataOf(body) ?? {},
    expires_after: expiresAfterOf(body) ?? null,
    forced_expired: false,
  };
  const fileIds = fileIdsOf(body);
  for (const fileId of fileIds) {
    const file = call.world.files.get(fileId);
    if (file === undefined || !owns(call, file)) throw notFound(`No such File object: ${fileId}`);
  }
  call.world.commit({ put: 'store', value });
  for (const fileId of fileIds) attach(call, value, { fileId, attributes: {}, batch: null });
  hideNew(call, value.id);
  call.note({ effect: 'created', target: value.id, lease: leaseTag(value) });
  return storeView(call.world, value);
}

export function listStores(call: OperationCall) {
  const { fault, world } = call;
  if (fault?.kind === 'empty_list') return listAnswer([], fault.has_more ?? false);
  const visible: StoreRecord[] = [];
  for (const store of world.stores.values()) {
    if (owns(call, store) && !world.hiding.meet(store.id)) visible.push(store);
  }
  const page = paginate(visible, listQuery(call), { limits: STORE_PAGE, position: world.position });
  const views = page.items.map((store) => storeView(world, store));
  return listAnswer(views, fault?.kind === 'repeat_cursor' || page.hasMore);
}

export function retrieveStore(call: OperationCall) {
  return storeView(call.world, storeOf(call));
}

/** An update is no activity: `last_active_at` stays, `expires_at` follows from it. */
export function updateStore(call: OperationCall) {
  const store = storeOf(call);
  const body = jsonBody(call);
  const expiresAfter = expiresAfterOf(body);
  const value: StoreRecord = {
    ...store,
    name: optionalString(body, 'name') ?? store.name,
    metadata: metadataOf(body) ?? store.metadata,
    expires_after: expiresAfter === undefined ? store.expires_after : expiresAfter,
  };
  call.world.commit({ put: 'store', value });
  call.note({ effect: 'updated', target: value.id, lease: leaseTag(value) });
  return storeView(call.world, value);
}

/** Files of the store stay. */
export function deleteStore(call: OperationCall) {
  const store = storeOf(call);
  const { real, answer } = deletion(call, store.id, 'vector_store.deleted');
  if (real) {
    call.world.commit({ drop: 'store', id: store.id });
    call.note({ effect: 'deleted', target: store.id, lease: leaseTag(store) });
  }
  return answer;
}
