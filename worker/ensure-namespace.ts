import { isGrpcServiceError, type Client } from '@temporalio/client';
import { SearchAttributeType } from '@temporalio/common';
import { msToTs } from '@temporalio/common/lib/time.js';
import { missingSearchAttributes } from '../workflows/client.ts';
import { SEARCH_ATTRIBUTES } from '../workflows/search-attributes.ts';

/** How long closed runs stay visible; what leases did is in the ledger. */
const RETENTION = '72 hours';
const CALL_DEADLINE_MS = 5_000;

const NOT_FOUND = 5;
const ALREADY_EXISTS = 6;

/** Temporal's `IndexedValueType`. */
const INDEXED_TYPES = {
  [SearchAttributeType.TEXT]: 1,
  [SearchAttributeType.KEYWORD]: 2,
  [SearchAttributeType.INT]: 3,
  [SearchAttributeType.DOUBLE]: 4,
  [SearchAttributeType.BOOL]: 5,
  [SearchAttributeType.DATETIME]: 6,
  [SearchAttributeType.KEYWORD_LIST]: 7,
} as const;

/** Makes the namespace where it is missing. A new one is usable some seconds later. */
export async function ensureNamespace(client: Client): Promise<void> {
  const { namespace } = client.options;
  const { workflowService } = client.connection;
  try {
    await bounded(client, () => workflowService.describeNamespace({ namespace }));
  } catch (error) {
    if (!hasCode(error, NOT_FOUND)) throw error;
    await unlessExists(
      bounded(client, () =>
        workflowService.registerNamespace({
          namespace,
          description: 'leases on AI-provider resources',
          workflowExecutionRetentionPeriod: msToTs(RETENTION),
        }),
      ),
    );
  }
}

/**
 * Adds the search attributes that are missing.
 *
 * @returns the names of those that are still missing, because this cluster does not let us add them.
 */
export async function ensureSearchAttributes(client: Client): Promise<readonly string[]> {
  const missing = await missingSearchAttributes(client);
  if (missing.length === 0) return [];
  const { namespace } = client.options;
  const wanted = SEARCH_ATTRIBUTES.filter(({ name }) => missing.includes(name));
  const searchAttributes = Object.fromEntries(wanted.map(({ name, type }) => [name, INDEXED_TYPES[type]]));
  try {
    await unlessExists(
      bounded(client, () =>
        client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes }),
      ),
    );
  } catch (error) {
    if (!isGrpcServiceError(error) || isTransient(error.code)) throw error;
    return missing;
  }
  return [];
}

/** DEADLINE_EXCEEDED and UNAVAILABLE: Temporal is away, which says nothing about what it allows. */
function isTransient(code: number): boolean {
  return code === 4 || code === 14;
}

function bounded<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return client.withDeadline(Date.now() + CALL_DEADLINE_MS, call);
}

async function unlessExists(call: Promise<unknown>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!hasCode(error, ALREADY_EXISTS)) throw error;
  }
}

function hasCode(error: unknown, code: number): boolean {
  return isGrpcServiceError(error) && Number(error.code) === code;
}
