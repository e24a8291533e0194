import { proxyActivities } from '@temporalio/workflow';
import type { MaintenanceActivities } from '../activities/contract.ts';
import { MAINTENANCE } from './activity-options.ts';

const activities = proxyActivities<MaintenanceActivities>({ ...MAINTENANCE, summary: 'prune closed leases' });

/** Scheduled daily: deletes closed leases older than the audit retention; returns how many. */
export async function pruneHistory(): Promise<number> {
  return await activities.pruneHistory();
}
