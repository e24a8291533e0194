import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The attributes by which sessions are found in the Web UI and the CLI. */
export const SESSION_ID = defineSearchAttributeKey('SessionId', SearchAttributeType.KEYWORD);
export const INSTANCE_ID = defineSearchAttributeKey('InstanceId', SearchAttributeType.KEYWORD);
export const LEASE_STATE = defineSearchAttributeKey('LeaseState', SearchAttributeType.KEYWORD);
export const VECTOR_STORE_ID = defineSearchAttributeKey('VectorStoreId', SearchAttributeType.KEYWORD);
export const LEASE_EXPIRES_AT = defineSearchAttributeKey('LeaseExpiresAt', SearchAttributeType.DATETIME);
export const LEASE_STUCK = defineSearchAttributeKey('LeaseStuck', SearchAttributeType.BOOL);

export const SEARCH_ATTRIBUTES = [
  SESSION_ID,
  INSTANCE_ID,
  LEASE_STATE,
  VECTOR_STORE_ID,
  LEASE_EXPIRES_AT,
  LEASE_STUCK,
] as const;
