import { proxyActivities } from '@temporalio/workflow';

const { other } = proxyActivities<{ other(): Promise<void> }>({ startToCloseTimeout: '1 hour' });

/** A session workflow that does something else first: histories of ours do not replay on it. */
export async function session(): Promise<void> {
  await other();
}
