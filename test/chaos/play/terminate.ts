import { Client, Connection } from '@temporalio/client';

const PATIENCE_MS = 3_000;

/** Terminates a share of the running workflows with that prefix. Where Temporal is away nothing happens. */
export async function terminateWorkflows(address: string, prefix: string, share: number): Promise<void> {
  let connection: Connection | undefined;
  try {
    connection = await Connection.connect({ address, connectTimeout: PATIENCE_MS });
    const client = new Client({ connection });
    await client.withDeadline(Date.now() + PATIENCE_MS, async () => {
      const query = `WorkflowId STARTS_WITH "${prefix}" AND ExecutionStatus = "Running"`;
      let n = 0;
      for await (const { workflowId } of client.workflow.list({ query })) {
        n += share;
        if (n < 1) continue;
        n -= 1;
        await client.workflow.getHandle(workflowId).terminate('chaos');
      }
    });
  } catch {
    // Gone before we came, or Temporal is away.
  } finally {
    await connection?.close();
  }
}
