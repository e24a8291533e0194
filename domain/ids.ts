const WORKFLOW_PREFIX = 'session/';
const FILE_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** Workflow id of the one workflow that looks after a session. */
export function sessionWorkflowId(sessionId: string): string {
  return WORKFLOW_PREFIX + sessionId;
}

/** Whether an entry of a bare list can be a provider's file id and so may be sent there. */
export function isFileId(entry: string): boolean {
  return FILE_ID.test(entry);
}
