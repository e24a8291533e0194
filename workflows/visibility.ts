import { setCurrentDetails, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import type { SearchAttributeUpdatePair } from '@temporalio/common';
import type { SessionView } from '../activities/contract.ts';
import { sessionState } from './answer.ts';
import { detailsMarkdown } from './details.ts';
import type { SessionRun } from './run.ts';
import {
  INSTANCE_ID,
  LEASE_EXPIRES_AT,
  LEASE_STATE,
  LEASE_STUCK,
  SESSION_ID,
  VECTOR_STORE_ID,
} from './search-attributes.ts';

/** Shows a look in the Web UI. An upsert is an event of history, so only what changed is sent. */
export function showView(run: SessionRun, view: SessionView): void {
  setCurrentDetails(detailsMarkdown(run.input.sessionId, view, run.lookedAtMs));
  run.searchAttributes ||= view.searchAttributes === true;
  if (!run.searchAttributes) return;
  const changed = wanted(run, view).filter(differs);
  if (changed.length > 0) upsertSearchAttributes(changed);
}

function wanted(run: SessionRun, { live, draining }: SessionView): SearchAttributeUpdatePair[] {
  // A closed run keeps the id: by it people look for what became of a store.
  const known = workflowInfo().typedSearchAttributes.get(VECTOR_STORE_ID) ?? null;
  const store = live === null ? (draining[0]?.vectorStoreId ?? known) : live.vectorStoreId;
  const expiresAt = live?.expiresAt ? new Date(live.expiresAt) : null;
  return [
    { key: SESSION_ID, value: run.input.sessionId },
    { key: INSTANCE_ID, value: run.input.instanceId },
    { key: LEASE_STATE, value: sessionState({ live, draining }) },
    { key: VECTOR_STORE_ID, value: store },
    { key: LEASE_EXPIRES_AT, value: expiresAt },
    { key: LEASE_STUCK, value: draining.some((lease) => lease.stuck) },
  ];
}

function differs({ key, value }: SearchAttributeUpdatePair): boolean {
  const now = workflowInfo().typedSearchAttributes.get(key) ?? null;
  const plain = (some: unknown): unknown => (some instanceof Date ? some.getTime() : some);
  return plain(now) !== plain(value);
}
