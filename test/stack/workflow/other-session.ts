import { sleep } from '@temporalio/workflow';

/** A session workflow that does something else first: histories of ours do not replay on it. */
export async function session(): Promise<void> {
  await sleep('1 hour');
}
