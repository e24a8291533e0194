import type { Operation } from './contract.ts';
import { createFileBatch, listFileBatch, retrieveFileBatch } from './file-batches.ts';
import { deleteFile, fileContent, listFiles, retrieveFile, uploadFile } from './files.ts';
import type { OperationAnswer, OperationCall } from './operation.ts';
import { attachFile, detachFile, listStoreFiles, retrieveStoreFile } from './store-files.ts';
import { createStore, deleteStore, listStores, retrieveStore, updateStore } from './stores.ts';

type Run = (call: OperationCall) => OperationAnswer | Promise<OperationAnswer>;
type Row = readonly [method: string, path: string, operation: Operation, run: Run];

/** `*` stands for one id. */
const TABLE: readonly Row[] = [
  ['POST', '/v1/vector_stores', 'create_store', createStore],
  ['GET', '/v1/vector_stores', 'list_stores', listStores],
  ['GET', '/v1/vector_stores/*', 'retrieve_store', retrieveStore],
  ['POST', '/v1/vector_stores/*', 'update_store', updateStore],
  ['DELETE', '/v1/vector_stores/*', 'delete_store', deleteStore],
  ['POST', '/v1/vector_stores/*/files', 'attach_file', attachFile],
  ['GET', '/v1/vector_stores/*/files', 'list_store_files', listStoreFiles],
  ['GET', '/v1/vector_stores/*/files/*', 'retrieve_store_file', retrieveStoreFile],
  ['DELETE', '/v1/vector_stores/*/files/*', 'detach_file', detachFile],
  ['POST', '/v1/vector_stores/*/file_batches', 'create_file_batch', createFileBatch],
  ['GET', '/v1/vector_stores/*/file_batches/*', 'retrieve_file_batch', retrieveFileBatch],
  ['GET', '/v1/vector_stores/*/file_batches/*/files', 'list_file_batch', listFileBatch],
  ['POST', '/v1/files', 'upload_file', uploadFile],
  ['GET', '/v1/files', 'list_files', listFiles],
  ['GET', '/v1/files/*', 'retrieve_file', retrieveFile],
  ['GET', '/v1/files/*/content', 'file_content', fileContent],
  ['DELETE', '/v1/files/*', 'delete_file', deleteFile],
];

export interface MatchedRoute {
  readonly operation: Operation;
  readonly ids: readonly string[];
  readonly run: Run;
}

const compiled = TABLE.map(([method, path, operation, run]) => ({
  method,
  pattern: new RegExp(`^${path.replaceAll('*', '([^/]+)')}$`),
  operation,
  run,
}));

function decode(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}

/** The route of a call; `undefined` for an unknown path, `wrong_method` for a known one. */
export function matchRoute(method: string, path: string): MatchedRoute | 'wrong_method' | undefined {
  let known = false;
  for (const row of compiled) {
    const found = row.pattern.exec(path);
    if (found === null) continue;
    known = true;
    if (row.method === method)
      return { operation: row.operation, ids: found.slice(1).map(decode), run: row.run };
  }
  return known ? 'wrong_method' : undefined;
}
