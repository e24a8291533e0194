import { badRequest, notFound } from './api-error.ts';
import { fileOf, idAt, jsonBody, leaseTag, nowSeconds, storeOf, type OperationCall } from './operation.ts';
import type { Attachment, BatchRecord } from './records.ts';
import { attach, listAttachments, refuseMore } from './store-files.ts';
import { attributesOf, fileIdsOf, isObject, requiredString, type JsonObject } from './validate.ts';

function batchView(batch: BatchRecord) {
  const total = batch.files.length;
  return {
    id: batch.id,
    object: 'vector_store.files_batch' as const,
    created_at: batch.created_at,
    vector_store_id: batch.store,
    status: 'completed' as const,
    file_counts: { in_progress: 0, completed: total, failed: 0, cancelled: 0, total },
  };
}

interface Wanted {
  readonly fileId: string;
  readonly attributes: Attachment['attributes'];
}

/** `file_ids` with common attributes, or `files` with their own. */
function wantedFiles(body: JsonObject): Wanted[] {
  const files = body['files'];
  if (files === undefined || files === null) {
    const attributes = attributesOf(body);
    return fileIdsOf(body).map((fileId) => ({ fileId, attributes }));
  }
  if (!Array.isArray(files) || !files.every(isObject)) throw badRequest("Invalid 'files'.", 'files');
  return files.map((one) => ({ fileId: requiredString(one, 'file_id'), attributes: attributesOf(one) }));
}

export function createFileBatch(call: OperationCall) {
  const store = storeOf(call);
  const wanted = wantedFiles(jsonBody(call));
  if (wanted.length === 0) throw badRequest("Missing required parameter: 'file_ids'.", 'file_ids');
  for (const { fileId } of wanted) fileOf(call, fileId);
  refuseMore(
    call,
    store,
    wanted.map(({ fileId }) => fileId),
  );
  const value: BatchRecord = {
    id: call.world.newId('vsfb_test_'),
    n: call.world.next(),
    account: call.account,
    created_at: nowSeconds(),
    store: store.id,
    files: wanted.map(({ fileId }) => fileId),
  };
  call.world.commit({ put: 'batch', value });
  for (const one of wanted) attach(call, store, { ...one, batch: value.id });
  call.note({ effect: 'attached', target: store.id, lease: leaseTag(store) });
  return batchView(value);
}

function batchOf(call: OperationCall): BatchRecord {
  const store = storeOf(call);
  const batch = call.world.batches.get(idAt(call, 1));
  if (batch === undefined || batch.store !== store.id) {
    throw notFound(`No file batch found with id '${idAt(call, 1)}' in vector store '${store.id}'.`);
  }
  return batch;
}

export function retrieveFileBatch(call: OperationCall) {
  return batchView(batchOf(call));
}

export function listFileBatch(call: OperationCall) {
  return listAttachments(call, batchOf(call).id);
}
