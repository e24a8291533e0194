import { randomBytes } from 'node:crypto';
import { Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { until } from './until.ts';

/** The server's own minimum is an hour; histories of a test live long enough. */
const RETENTION_SECONDS = 24 * 3_600;

/**
 * A Temporal namespace of its own on the shared server (or on the one at `address`), ready for use; returns its
 * name. One installation per namespace is the product's rule, so every stack needs one.
 */
export async function createNamespace(label = 'test', address = inject('temporalAddress')): Promise<string> {
  const namespace = `${label}-${randomBytes(4).toString('hex')}`;
  const connection = await Connection.connect({ address });
  try {
    await connection.workflowService.registerNamespace({
      namespace,
      workflowExecutionRetentionPeriod: { seconds: RETENTION_SECONDS as never },
    });
    // The frontends read their list of namespaces every few seconds.
    await until(
      () => connection.workflowService.listOpenWorkflowExecutions({ namespace, maximumPageSize: 1 }),
      {
        describe: `namespace ${namespace} usable`,
        deadlineMs: 30_000,
      },
    );
  } finally {
    await connection.close();
  }
  return namespace;
}
