import { badRequest, notFound } from './api-error.ts';
import {
  deletion,
  fileOf,
  hideNew,
  idAt,
  jsonBody,
  leaseTag,
  listQuery,
  nowSeconds,
  storeOf,
  type OperationCall,
} from './operation.ts';
import { listAnswer, paginate, STORE_PAGE } from './paginate.ts';
import type { Attachment, StoreRecord } from './records.ts';
import { isExpired } from './store-expiry.ts';
import { attributesOf, requiredString } from './validate.ts';
import type { World } from './world.ts';

const STATUSES = ['in_progress', 'completed', 'failed', 'cancelled'];

/** A store's file as the provider sends it. Processing takes no time here. */
export function storeFileView(world: World, attachment: Attachment) {
  return {
    id: attachment.file,
    object: 'vector_store.file' as const,
    created_at: attachment.created_at,
    usage_bytes: world.files.get(attachment.file)?.bytes ?? 0,
    vector_store_id: attachment.store,
    status: 'completed' as const,
    last_error: null,
    chunking_strategy: {
      type: 'static' as const,
      static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    },
    attributes: attachment.attributes,
  };
}

interface NewAttachment {
  readonly fileId: string;
  readonly attributes: Attachment['attributes'];
  readonly batch: string | null;
}

/** Throws where the store cannot take so many more files. */
export function refuseMore(call: OperationCall, store: StoreRecord, more: readonly string[]): void {
  const limit = call.config.files_per_store;
  const held = call.world.attachments(store.id);
  const added = new Set(more.filter((id) => !held.has(id))).size;
  if (limit > 0 && held.size + added > limit)
    throw badRequest(`Vector store ${store.id} has reached the maximum number of files (${limit}).`);
  if (isExpired(store)) throw badRequest(`Vector store ${store.id} is expired.`);
}

/** Puts a file into a store, which counts as activity there; a second time changes nothing. */
export function attach(call: OperationCall, store: StoreRecord, wanted: NewAttachment): Attachment {
  const { world } = call;
  const existing = world.attachments(store.id).get(wanted.fileId);
  if (existing !== undefined) return existing;
  const value: Attachment = {
    store: store.id,
    file: wanted.fileId,
    n: world.next(),
    created_at: nowSeconds(),
    attributes: wanted.attributes,
    batch: wanted.batch,
  };
  world.commit({ put: 'attachment', value });
  world.commit({ put: 'store', value: { ...store, last_active_at: value.created_at } });
  return value;
}

export function attachFile(call: OperationCall) {
  const store = storeOf(call);
  const body = jsonBody(call);
  const attributes = attributesOf(body);
  const file = fileOf(call, requiredString(body, 'file_id'));
  refuseMore(call, store, [file.id]);
  const attachment = attach(call, store, { fileId: file.id, attributes, batch: null });
  hideNew(call, placeOf(attachment));
  call.note({ effect: 'attached', target: file.id, lease: leaseTag(store) });
  return storeFileView(call.world, attachment);
}

/** Under which an attachment is hidden: the file itself may show elsewhere. */
function placeOf(attachment: Attachment): string {
  return `${attachment.store}/${attachment.file}`;
}

function attachmentOf(call: OperationCall): { store: StoreRecord; attachment: Attachment } {
  const store = storeOf(call);
  const attachment = call.world.attachments(store.id).get(idAt(call, 1));
  if (attachment === undefined) {
    throw notFound(`No file found with id '${idAt(call, 1)}' in vector store '${store.id}'.`);
  }
  return { store, attachment };
}

/** Listing of a store's files, or of those of one batch. */
export function listAttachments(call: OperationCall, batch: string | null) {
  const store = storeOf(call);
  const { fault, world } = call;
  if (fault?.kind === 'empty_list') return listAnswer([], fault.has_more ?? false);
  const filter = call.query.get('filter');
  if (filter !== null && !STATUSES.includes(filter))
    throw badRequest(`Invalid 'filter': '${filter}'.`, 'filter');
  const attachments = [...world.attachments(store.id).values()]
    .filter((one) => (batch === null || one.batch === batch) && (filter ?? 'completed') === 'completed')
    .filter((one) => !world.hiding.meet(placeOf(one)))
    .map((one) => ({ id: one.file, n: one.n, one }));
  const places = new Map(attachments.map(({ id, n }) => [id, n]));
  const page = paginate(attachments, listQuery(call), {
    limits: STORE_PAGE,
    position: (id) => places.get(id),
  });
  const views = page.items.map(({ one }) => storeFileView(world, one));
  return listAnswer(views, fault?.kind === 'repeat_cursor' || page.hasMore);
}

export function listStoreFiles(call: OperationCall) {
  return listAttachments(call, null);
}

export function retrieveStoreFile(call: OperationCall) {
  return storeFileView(call.world, attachmentOf(call).attachment);
}

/** Takes the file out of the store; the file itself stays. */
export function detachFile(call: OperationCall) {
  const { store, attachment } = attachmentOf(call);
  const { real, answer } = deletion(call, attachment.file, 'vector_store.file.deleted');
  if (real) {
    call.world.commit({ drop: 'attachment', store: store.id, file: attachment.file });
    call.note({ effect: 'detached', target: attachment.file, lease: leaseTag(store) });
  }
  return answer;
}
