import type { Operation } from './contract.ts';
import { createFileBatch, listFileBatch, retrieveFileBatch } from './file-batches.ts';
import { FLAVOURS, type Flavour } from './flavour.ts';
import { listFiles } from './file-listing.ts';
import { deleteFile, fileContent, retrieveFile, uploadFile } from './files.ts';
import type { OperationAnswer, OperationCall } from './operation.ts';
import { attachFile, detachFile, listStoreFiles, retrieveStoreFile } from './store-files.ts';
import { createStore, deleteStore, listStores, retrieveStore, updateStore } from './stores.ts';

type Run = (call: OperationCall) => OperationAnswer | Promise<OperationAnswer>;
type Row = readonly [method: string, path: string, operation: Operation, run: Run];

/** Below the provider's prefix; `*` stands for one id. */
const STORES: readonly Row[] = [
  ['POST', '/vector_stores', 'create_store', createStore],
  ['GET', '/vector_stores', 'list_stores', listStores],
  ['GET', '/vector_stores/*', 'retrieve_store', retrieveStore],
  ['POST', '/vector_stores/*', 'update_store', updateStore],
  ['DELETE', '/vector_stores/*', 'delete_store', deleteStore],
  ['POST', '/vector_stores/*/files', 'attach_file', attachFile],
  ['GET', '/vector_stores/*/files', 'list_store_files', listStoreFiles],
  ['GET', '/vector_stores/*/files/*', 'retrieve_store_file', retrieveStoreFile],
  ['DELETE', '/vector_stores/*/files/*', 'detach_file', detachFile],
  ['POST', '/vector_stores/*/file_batches', 'create_file_batch', createFileBatch],
  ['GET', '/vector_stores/*/file_batches/*', 'retrieve_file_batch', retrieveFileBatch],
  ['GET', '/vector_stores/*/file_batches/*/files', 'list_file_batch', listFileBatch],
];
const FILES: readonly Row[] = [
  ['POST', '/files', 'upload_file', uploadFile],
  ['GET', '/files', 'list_files', listFiles],
  ['GET', '/files/*/content', 'file_content', fileContent],
  ['DELETE', '/files/*', 'delete_file', deleteFile],
];
/** GLM has no such call. */
const ONE_FILE: readonly Row[] = [['GET', '/files/*', 'retrieve_file', retrieveFile]];

const TABLES: readonly (readonly [Flavour, readonly Row[]])[] = [
  [FLAVOURS.openai, [...STORES, ...FILES, ...ONE_FILE]],
  [FLAVOURS.kimi, [...FILES, ...ONE_FILE]],
  [FLAVOURS.glm, FILES],
];

export interface MatchedRoute {
  readonly operation: Operation;
  readonly ids: readonly string[];
  readonly run: Run;
}

const compiled = TABLES.flatMap(([{ prefix }, rows]) =>
  rows.map(([method, path, operation, run]) => ({
    method,
    pattern: new RegExp(`^${prefix}${path.replaceAll('*', '([^/]+)')}$`),
    operation,
    run,
  })),
);

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
